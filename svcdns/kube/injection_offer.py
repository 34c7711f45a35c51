"""The variables that Pods are offered, in the form in which a container's budget takes them.

Environment -> Offer -> what each container is given (`injection`)
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from svcdns.kube.env_from import Prefixes
from svcdns.kube.environ import Environment, Variable
from svcdns.kube.objects import Key


class Unit(Struct, frozen=True):
    """Variables of one Service that are taken together or not at all; neighbours in the offer.

    `start` is the place of the first; `size` is in bytes, see `size_of`.
    """

    service: Key
    variables: tuple[Variable, ...]
    start: int
    size: int


class Rest(NamedTuple):
    """Numbers of the units that are left out: hosts and ports, and links of Services that have these."""

    hosts: range
    links: range


class Offer(Struct, frozen=True):
    """Variables in the order of injection, with the place of each in it, and the unit at each place.

    `units` are in the order in which a budget takes them: hosts and ports of every Service (so many as
    `hosts`), then the Docker link variables. `left_to_kubelet` says why a Pod needs its
    `enableServiceLinks` all the same. `whole` is all that the kubelet would give, where that is not this,
    and `foreign` what it would not, or not so.
    `warnings` are about the Pod's wish; `collisions` about Services that share a name.
    """

    variables: tuple[Variable, ...] = ()
    names: tuple[str, ...] = ()
    position: Mapping[str, int] = {}
    units: tuple[Unit, ...] = ()
    hosts: int = 0
    unit_at: Sequence[int] = ()
    left_to_kubelet: tuple[str, ...] = ()
    whole: "Offer | None" = None
    foreign: tuple[Variable, ...] = ()
    warnings: tuple[str, ...] = ()
    collisions: tuple[str, ...] = ()

    def get(self, name: str) -> Variable | None:
        """The variable of this name."""
        place = self.position.get(name)
        return None if place is None else self.variables[place]

    def by_kubelet(self, name: str) -> Variable | None:
        """The variable of this name that the kubelet gives with `enableServiceLinks`."""
        return (self.whole or self).get(name)

    def admitted(self, prefixes: Prefixes) -> Sequence[Variable]:
        """The variables whose names an `envFrom` may give."""
        if prefixes.admit_all:
            return self.variables
        places = [self.position[name] for names in prefixes.among(self.names) for name in names]
        return [self.variables[place] for place in sorted(places)]

    def rest(self, number: int) -> Rest:
        """What is left out where the first so many units fit."""
        links = range(max(number, self.hosts), len(self.units))
        if number < self.hosts:
            start = self.units[number].start
            links = range(self.hosts, bisect_left(self.units, start, lo=self.hosts, key=_start))
        return Rest(range(number, self.hosts), links)


def offer(
    made: Environment,
    *,
    whole: Offer | None = None,
    left_to_kubelet: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Offer:
    """Prepare an environment."""
    writable = made.variables
    if unwritable := [one.name for one in writable if one.name[0].isdigit()]:
        writable = tuple(one for one in writable if not one.name[0].isdigit())
        # Not every API server takes such a name in `env`.
        left_to_kubelet += (f"{unwritable[0]} and the like, which begin with a digit",)
    hosts, links = _units(writable)
    units = (*hosts, *links)
    unit_at = [0] * len(writable)
    for number, unit in enumerate(units):
        unit_at[unit.start : unit.start + len(unit.variables)] = [number] * len(unit.variables)
    return Offer(
        variables=writable,
        names=tuple(sorted(one.name for one in writable)),
        position={one.name: number for number, one in enumerate(writable)},
        units=units,
        hosts=len(hosts),
        unit_at=tuple(unit_at),
        left_to_kubelet=left_to_kubelet,
        whole=whole,
        foreign=tuple(one for one in writable if whole and whole.get(one.name) != one),
        warnings=warnings,
        collisions=made.warnings,
    )


def _units(variables: Iterable[Variable]) -> tuple[list[Unit], list[Unit]]:
    """Each Service's variables are neighbours, its links behind the others."""
    hosts: list[Unit] = []
    links: list[Unit] = []
    start = 0
    for service, group in itertools.groupby(variables, lambda one: one.service):
        inside = tuple(group)
        first = next((number for number, one in enumerate(inside) if _is_link(one)), len(inside))
        for units, part in ((hosts, inside[:first]), (links, inside[first:])):
            if part:
                units.append(Unit(service, part, start, sum(map(size_of, part))))
                start += len(part)
    return hosts, links


def size_of(variable: Variable) -> int:
    """Bytes in the environment of a process: `NAME=value` and its end; all of it is ASCII."""
    return len(variable.name) + len(variable.value) + 2


def _start(unit: Unit) -> int:
    return unit.start


def _is_link(variable: Variable) -> bool:
    """`DB_PORT...` of the Service `db`, not `DB_SERVICE_...`."""
    return variable.name[len(variable.service[1]) :].startswith("_PORT")
