"""The variables that Pods are offered, in the form in which a container's budget takes them.

Environment -> Offer -> what each container is given (`injection`)
"""

import itertools
from collections.abc import Mapping

from msgspec import Struct

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


class Offer(Struct, frozen=True):
    """Variables in the order of injection, with the place of each in it, and the unit at each place.

    `units` are in the order in which a budget takes them: hosts and ports of every Service, then the
    Docker link variables. `left_to_kubelet` says why a Pod needs its `enableServiceLinks` all the same.
    `whole` is all that the kubelet would give, where this is less.
    """

    variables: tuple[Variable, ...] = ()
    position: Mapping[str, int] = {}
    units: tuple[Unit, ...] = ()
    unit_at: Mapping[int, int] = {}
    left_to_kubelet: tuple[str, ...] = ()
    whole: "Offer | None" = None
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> Variable | None:
        """The variable of this name."""
        place = self.position.get(name)
        return None if place is None else self.variables[place]


def offer(
    made: Environment,
    *,
    whole: Offer | None = None,
    left_to_kubelet: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Offer:
    """Prepare an environment; its own warnings come after these."""
    writable = made.variables
    if unwritable := [one.name for one in writable if one.name[0].isdigit()]:
        writable = tuple(one for one in writable if not one.name[0].isdigit())
        # Not every API server takes such a name in `env`.
        left_to_kubelet += (f"{unwritable[0]} and the like, which begin with a digit",)
    units = _units(writable)
    return Offer(
        variables=writable,
        position={one.name: number for number, one in enumerate(writable)},
        units=units,
        unit_at={
            place: number
            for number, unit in enumerate(units)
            for place in range(unit.start, unit.start + len(unit.variables))
        },
        left_to_kubelet=left_to_kubelet,
        whole=whole,
        warnings=(*warnings, *made.warnings),
    )


def _units(variables: tuple[Variable, ...]) -> tuple[Unit, ...]:
    """Each Service's variables are neighbours, its links behind the others."""
    first: list[Unit] = []
    second: list[Unit] = []
    start = 0
    for service, group in itertools.groupby(variables, lambda one: one.service):
        inside = tuple(group)
        links = next((number for number, one in enumerate(inside) if _is_link(one)), len(inside))
        for units, part in ((first, inside[:links]), (second, inside[links:])):
            if part:
                units.append(Unit(service, part, start, sum(map(size_of, part))))
                start += len(part)
    return (*first, *second)


def size_of(variable: Variable) -> int:
    """Bytes in the environment of a process: `NAME=value` and its end; all of it is ASCII."""
    return len(variable.name) + len(variable.value) + 2


def _is_link(variable: Variable) -> bool:
    """`DB_PORT...` of the Service `db`, not `DB_SERVICE_...`."""
    return variable.name[len(variable.service[1]) :].startswith("_PORT")
