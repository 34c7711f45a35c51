"""The variables that are available to Pods, in the form in which a container's budget takes them.

    ServiceEnv -> make_available -> AvailableVars -> the variables of each container (`pod_injection`)

`EnvFromPrefixes` says which of them the `envFrom` of a container may set. ConfigMaps and Secrets are not
read: a source gives its prefix and then any key, so only the beginnings of its names are known.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from svcdns.kube.injection.pod_spec import EnvFrom
from svcdns.kube.injection.service_env import ServiceEnv
from svcdns.kube.injection.service_env_vars import ServiceVariable, VariableGroup


class EnvFromPrefixes:
    """The prefixes of a container's `envFrom`, without those that begin with another one.

    Each method takes logarithmic time, however many sources there are.
    """

    def __init__(self, sources: Iterable[EnvFrom]) -> None:
        # In order, a prefix stands directly behind the one that it begins with.
        self._sorted: list[str] = []
        for prefix in sorted({source.prefix or "" for source in sources}):
            if not (self._sorted and prefix.startswith(self._sorted[-1])):
                self._sorted.append(prefix)

    @property
    def is_unrestricted(self) -> bool:
        """Whether a source without a prefix may give any name."""
        return self._sorted == [""]

    def may_provide(self, name: str) -> bool:
        """Whether a source may give this name: a prefix, and then a key, which is never empty."""
        after = bisect_right(self._sorted, name)
        return after > 0 and name != self._sorted[after - 1] and name.startswith(self._sorted[after - 1])

    def select_names(self, sorted_names: Sequence[str]) -> Iterator[Sequence[str]]:
        """The names that a source may give: a slice of `sorted_names` for each prefix."""
        for prefix in self._sorted:
            # `bisect_right` passes over the prefix itself, which is no name.
            start = bisect_right(sorted_names, prefix)
            # Names are ASCII, so DEL comes behind all that continue the prefix.
            end = bisect_right(sorted_names, f"{prefix}\x7f", lo=start)
            if start < end:
                yield sorted_names[start:end]


class BudgetUnit(Struct, frozen=True, gc=False):
    """A group that is taken as a whole or not at all; its first variable is at `start_position`."""

    group: VariableGroup
    start_position: int


class OmittedUnits(NamedTuple):
    """Numbers of the units that are left out.

    `docker_link_units` are only those of Services whose hosts and ports are not left out.
    """

    service_units: range
    docker_link_units: range


class AvailableVars(Struct, frozen=True):
    """Variables in the order of injection; `positions` and `unit_numbers` are places in this order.

    `units` are in the order in which a budget takes them: hosts and ports of every Service (there are
    `service_unit_count`), then the Docker link variables. `reasons_for_kubelet` says why a Pod needs its
    `enableServiceLinks` all the same. Where this is not what the kubelet would give, `all_from_kubelet`
    is that, and `foreign_variables` are those that it would not give, or with another value. `warnings`
    are about the Pod's annotation, `collision_warnings` about Services that make the same name.
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
        position = self.positions.get(name)
        return None if position is None else self.variables[position]

    def get_from_kubelet(self, name: str) -> ServiceVariable | None:
        """The variable of this name that the kubelet gives with `enableServiceLinks`."""
        return (self.all_from_kubelet or self).get(name)

    def select_for_env_from(self, prefixes: EnvFromPrefixes) -> Sequence[ServiceVariable]:
        """The variables whose names an `envFrom` may give."""
        if prefixes.is_unrestricted:
            return self.variables

        positions = [
            self.positions[name] for names in prefixes.select_names(self.sorted_names) for name in names
        ]
        return [self.variables[position] for position in sorted(positions)]

    def find_omitted_units(self, fitting_units: int) -> OmittedUnits:
        """The units that are left out where the first `fitting_units` fit."""
        links = range(max(fitting_units, self.service_unit_count), len(self.units))

        # Both kinds are in the order of the Services: the links before `start` are of Services that fit.
        if fitting_units < self.service_unit_count:
            start = self.units[fitting_units].start_position
            end = bisect_left(self.units, start, lo=self.service_unit_count, key=_start_of)
            links = range(self.service_unit_count, end)

        return OmittedUnits(range(fitting_units, self.service_unit_count), links)


def make_available(
    environment: ServiceEnv,
    *,
    all_from_kubelet: AvailableVars | None = None,
    reasons_for_kubelet: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> AvailableVars:
    """Prepare an environment for injection; the arguments are fields of AvailableVars."""
    groups = environment.groups

    # Not every API server takes a name in `env` that begins with a digit; the kubelet makes it all the same.
    if unwritable := [group for group in groups if group.service[1][0].isdigit()]:
        groups = tuple(group for group in groups if not group.service[1][0].isdigit())
        example = unwritable[0].variables[0].name
        reasons_for_kubelet += (f"{example} and the like, which begin with a digit",)

    variables = ServiceEnv(groups).variables
    names = [variable.name for variable in variables]

    units = _budget_units(groups)
    unit_numbers = [0] * len(variables)
    for number, unit in enumerate(units):
        count = len(unit.group.variables)
        unit_numbers[unit.start_position : unit.start_position + count] = [number] * count

    foreign_variables: tuple[ServiceVariable, ...] = ()
    if all_from_kubelet:
        foreign_variables = tuple(
            variable for variable in variables if all_from_kubelet.get(variable.name) != variable
        )

    return AvailableVars(
        variables=variables,
        sorted_names=tuple(sorted(names)),
        positions=dict(zip(names, range(len(names)), strict=True)),
        units=units,
        service_unit_count=sum(not unit.group.is_docker_links for unit in units),
        unit_numbers=tuple(unit_numbers),
        reasons_for_kubelet=reasons_for_kubelet,
        all_from_kubelet=all_from_kubelet,
        foreign_variables=foreign_variables,
        warnings=warnings,
        collision_warnings=environment.warnings,
    )


def _budget_units(groups: Iterable[VariableGroup]) -> tuple[BudgetUnit, ...]:
    """The groups as units, those of Docker links behind all others."""
    start_positions = itertools.accumulate((len(group.variables) for group in groups), initial=0)
    units = [BudgetUnit(group, start) for group, start in zip(groups, start_positions, strict=False)]
    return tuple(sorted(units, key=lambda unit: unit.group.is_docker_links))


def _start_of(unit: BudgetUnit) -> int:
    return unit.start_position
