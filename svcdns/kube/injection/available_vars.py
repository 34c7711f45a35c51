"""The variables that Pods are offered.

    Environment -> Offer -> what each container is given (`injection`)

They have the form in which a container's budget takes them.
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from svcdns.kube.injection.env_from import EnvFromPrefixes
from svcdns.kube.injection.service_env import ServiceEnv
from svcdns.kube.injection.service_env_vars import ServiceVariable, VariableGroup


class BudgetUnit(Struct, frozen=True, gc=False):
    """A block, taken as a whole or not at all; `start` is the place of its first variable in the offer."""

    group: VariableGroup
    start_position: int


class OmittedUnits(NamedTuple):
    """Numbers of the units that are left out: hosts and ports, and links of Services that have these."""

    service_units: range
    docker_link_units: range


class AvailableVars(Struct, frozen=True):
    """Variables in the order of injection, with the place of each in it, and the unit at each place.

    `units` are in the order in which a budget takes them: hosts and ports of every Service (so many as
    `hosts`), then the Docker link variables. `left_to_kubelet` says why a Pod needs its
    `enableServiceLinks` all the same. `whole` is all that the kubelet would give, where that is not this,
    and `foreign` what it would not, or not so.
    `warnings` are about the Pod's wish; `collisions` about Services that share a name.
    """

    variables: tuple[ServiceVariable, ...] = ()
    sorted_names: tuple[str, ...] = ()
    positions: Mapping[str, int] = {}
    units: tuple[BudgetUnit, ...] = ()
    service_unit_count: int = 0
    unit_numbers: Sequence[int] = ()
    reasons_for_kubelet: tuple[str, ...] = ()
    all_from_kubelet: "AvailableVars | None" = None
    foreign_variables: tuple[ServiceVariable, ...] = ()
    warnings: tuple[str, ...] = ()
    collision_warnings: tuple[str, ...] = ()

    def get(self, name: str) -> ServiceVariable | None:
        """The variable of this name."""
        place = self.positions.get(name)
        return None if place is None else self.variables[place]

    def get_from_kubelet(self, name: str) -> ServiceVariable | None:
        """The variable of this name that the kubelet gives with `enableServiceLinks`."""
        return (self.all_from_kubelet or self).get(name)

    def select_for_env_from(self, prefixes: EnvFromPrefixes) -> Sequence[ServiceVariable]:
        """The variables whose names an `envFrom` may give."""
        if prefixes.is_unrestricted:
            return self.variables
        places = [
            self.positions[name] for names in prefixes.select_names(self.sorted_names) for name in names
        ]
        return [self.variables[place] for place in sorted(places)]

    def find_omitted_units(self, fitting_units: int) -> OmittedUnits:
        """What is left out where the first so many units fit."""
        links = range(max(fitting_units, self.service_unit_count), len(self.units))
        if fitting_units < self.service_unit_count:
            start = self.units[fitting_units].start_position
            links = range(
                self.service_unit_count,
                bisect_left(self.units, start, lo=self.service_unit_count, key=_start_of),
            )
        return OmittedUnits(range(fitting_units, self.service_unit_count), links)


def make_available(
    environment: ServiceEnv,
    *,
    all_from_kubelet: AvailableVars | None = None,
    reasons_for_kubelet: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> AvailableVars:
    """Prepare an environment."""
    blocks = environment.groups
    if unwritable := [one for one in blocks if one.service[1][0].isdigit()]:
        blocks = tuple(one for one in blocks if not one.service[1][0].isdigit())
        # Not every API server takes such a name in `env`.
        reasons_for_kubelet += (f"{unwritable[0].variables[0].name} and the like, which begin with a digit",)
    variables = ServiceEnv(blocks).variables
    names = [one.name for one in variables]
    units = _budget_units(blocks)
    unit_at = [0] * len(variables)
    for number, unit in enumerate(units):
        count = len(unit.group.variables)
        unit_at[unit.start_position : unit.start_position + count] = [number] * count
    return AvailableVars(
        variables=variables,
        sorted_names=tuple(sorted(names)),
        positions=dict(zip(names, range(len(names)), strict=True)),
        units=units,
        service_unit_count=sum(not unit.group.is_docker_links for unit in units),
        unit_numbers=tuple(unit_at),
        reasons_for_kubelet=reasons_for_kubelet,
        all_from_kubelet=all_from_kubelet,
        foreign_variables=tuple(one for one in variables if all_from_kubelet.get(one.name) != one)
        if all_from_kubelet
        else (),
        warnings=warnings,
        collision_warnings=environment.warnings,
    )


def _budget_units(groups: Iterable[VariableGroup]) -> tuple[BudgetUnit, ...]:
    """Those with links behind the others."""
    starts = itertools.accumulate((len(one.variables) for one in groups), initial=0)
    units = [BudgetUnit(block, start) for block, start in zip(groups, starts, strict=False)]
    return tuple(sorted(units, key=lambda unit: unit.group.is_docker_links))


def _start_of(unit: BudgetUnit) -> int:
    return unit.start_position
