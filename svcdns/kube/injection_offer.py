"""The variables that Pods are offered.

    Environment -> Offer -> what each container is given (`injection`)

They have the form in which a container's budget takes them.
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from svcdns.kube.env_from import Prefixes
from svcdns.kube.environ import Environment
from svcdns.kube.service_variables import Block, Variable


class Unit(Struct, frozen=True, gc=False):
    """A block, taken as a whole or not at all; `start` is the place of its first variable in the offer."""

    block: Block
    start: int


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
    blocks = made.blocks
    if unwritable := [one for one in blocks if one.service[1][0].isdigit()]:
        blocks = tuple(one for one in blocks if not one.service[1][0].isdigit())
        # Not every API server takes such a name in `env`.
        left_to_kubelet += (f"{unwritable[0].variables[0].name} and the like, which begin with a digit",)
    variables = Environment(blocks).variables
    names = [one.name for one in variables]
    units = _units(blocks)
    unit_at = [0] * len(variables)
    for number, unit in enumerate(units):
        count = len(unit.block.variables)
        unit_at[unit.start : unit.start + count] = [number] * count
    return Offer(
        variables=variables,
        names=tuple(sorted(names)),
        position=dict(zip(names, range(len(names)), strict=True)),
        units=units,
        hosts=sum(not unit.block.links for unit in units),
        unit_at=tuple(unit_at),
        left_to_kubelet=left_to_kubelet,
        whole=whole,
        foreign=tuple(one for one in variables if whole.get(one.name) != one) if whole else (),
        warnings=warnings,
        collisions=made.warnings,
    )


def _units(blocks: Iterable[Block]) -> tuple[Unit, ...]:
    """Those with links behind the others."""
    starts = itertools.accumulate((len(one.variables) for one in blocks), initial=0)
    units = [Unit(block, start) for block, start in zip(blocks, starts, strict=False)]
    return tuple(sorted(units, key=lambda unit: unit.block.links))


def _start(unit: Unit) -> int:
    return unit.start
