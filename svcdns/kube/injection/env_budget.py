"""Which of the available variables fit into a container's limit of bytes.

The variables that it refers to come first, then hosts and ports of every Service, then Docker link
variables, until one does not fit. A lower limit chooses a beginning of the same row. So a second look at
an injected Pod, which has grown, finds nothing to add.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from svcdns.kube.injection.available_vars import BudgetUnit
from svcdns.kube.injection.container_env_names import ContainerEnvNames
from svcdns.kube.injection.service_env_vars import ServiceVariable, env_bytes_of
from svcdns.kube.objects import Key

MAX_NAMED_SERVICES = 3
"""Services that a warning names where some are left out."""

_VariablesByPosition: TypeAlias = Mapping[int, tuple[ServiceVariable, ...]]
"""Neighbours among the available variables, by the position of the first."""


class OmittedServices(Struct, frozen=True):
    """Services of which something is left out: how many, and the first ones."""

    count: int = 0
    first_services: tuple[Key, ...] = ()


class BudgetedVariables(Struct, frozen=True):
    """The variables that fit; and the Services of which hosts and ports, or only links, are left out."""

    variables: tuple[ServiceVariable, ...]
    omitted_services: OmittedServices = OmittedServices()
    omitted_docker_links: OmittedServices = OmittedServices()


def fill_budget(env_names: ContainerEnvNames, max_bytes: int) -> BudgetedVariables:
    """Choose variables of at most `max_bytes` for a container; `env_bytes_of` counts the bytes."""
    # Where `envFrom` may set everything, only those are safe that `env` says already, with the same value.
    if env_names.env_from_prefixes.is_unrestricted:
        positions = env_names.available.positions
        repeated = {
            positions[variable.name]: (variable,)
            for variable in env_names.set_by_env()
            if _has_same_value(variable, env_names)
        }
        return BudgetedVariables(_in_position_order(repeated))

    candidates = _Candidates(env_names)
    remaining_bytes = max_bytes
    chosen: dict[int, tuple[ServiceVariable, ...]] = {}
    for number, variables, size in candidates.by_priority():
        # Stop at the first that does not fit, though a later one might: the choice has to be a beginning.
        if size > remaining_bytes:
            omitted = env_names.available.find_omitted_units(number)
            return BudgetedVariables(
                _in_position_order(chosen),
                candidates.find_omitted_services(omitted.service_units),
                candidates.find_omitted_services(omitted.docker_link_units),
            )
        chosen |= variables
        remaining_bytes -= size

    return BudgetedVariables(_in_position_order(chosen))


class _Candidates:
    """The variables that a container may have, in the order in which they are taken.

    Left out are those that its `env` sets to another value, and those that its `envFrom` may set.
    """

    def __init__(self, env_names: ContainerEnvNames) -> None:
        self._available = available = env_names.available
        position_of = available.positions

        self._excluded_positions = {position_of[variable.name] for variable in env_names.left_to_env_from()}
        self._excluded_positions |= {
            position_of[variable.name]
            for variable in env_names.set_by_env()
            if not _has_same_value(variable, env_names)
        }

        referenced = (position_of[name] for name in env_names.references if name in position_of)
        self._referenced = {
            position: available.variables[position]
            for position in referenced
            if position not in self._excluded_positions
        }

        # Units that cannot be taken as a whole. Most can, which saves a look at each variable.
        self._split_units = {
            available.unit_numbers[position] for position in (*self._excluded_positions, *self._referenced)
        }

    def by_priority(self) -> Iterator[tuple[int, _VariablesByPosition, int]]:
        """What is taken at once: the number of units before it, its variables, and its bytes."""
        for position, variable in self._referenced.items():
            yield 0, {position: (variable,)}, env_bytes_of(variable)

        for number, unit in enumerate(self._available.units):
            if number in self._split_units:
                unreferenced = self._select_unreferenced(unit)
                size = sum(env_bytes_of(variable) for (variable,) in unreferenced.values())
                yield number, unreferenced, size
            else:
                yield number, {unit.start_position: unit.group.variables}, unit.group.size

    def find_omitted_services(self, unit_numbers: range) -> OmittedServices:
        """The Services of these units, except those of which the container has all that it may have."""
        units = self._available.units
        split_units = (number for number in self._split_units if number in unit_numbers)
        complete = {number for number in split_units if not self._select_unreferenced(units[number])}

        services = (units[number].group.service for number in unit_numbers if number not in complete)
        first_services = tuple(itertools.islice(services, MAX_NAMED_SERVICES))
        return OmittedServices(len(unit_numbers) - len(complete), first_services)

    def _select_unreferenced(self, unit: BudgetUnit) -> _VariablesByPosition:
        """The variables of a unit that the container may have and does not refer to, one by one."""
        return {
            position: (variable,)
            for position, variable in enumerate(unit.group.variables, unit.start_position)
            if position not in self._referenced and position not in self._excluded_positions
        }


def _has_same_value(variable: ServiceVariable, env_names: ContainerEnvNames) -> bool:
    return env_names.env_values[variable.name] == variable.value


# Written in this order the variables look the same at every injection, whatever was referred to first.
def _in_position_order(variables_by_position: _VariablesByPosition) -> tuple[ServiceVariable, ...]:
    return tuple(
        itertools.chain.from_iterable(
            variables_by_position[position] for position in sorted(variables_by_position)
        )
    )
