"""Which variables of an offer a container has room for.

What it refers to comes first, then hosts and ports of every Service, then Docker link variables, until
something does not fit. With less room the choice is the beginning of the same row, so that a second look
at an injected Pod, which has grown, finds nothing to add.
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
"""Services that are named where some are left out."""

_VariablesByPosition: TypeAlias = Mapping[int, tuple[ServiceVariable, ...]]
"""Neighbours in the offer, by the place of the first."""


class OmittedServices(Struct, frozen=True):
    """Services of which something is left out: how many, and the first ones."""

    count: int = 0
    first_services: tuple[Key, ...] = ()


class BudgetedVariables(Struct, frozen=True):
    """What is chosen; of which Services hosts and ports are left out, and of which only Docker links."""

    variables: tuple[ServiceVariable, ...]
    omitted_services: OmittedServices = OmittedServices()
    omitted_docker_links: OmittedServices = OmittedServices()


def fill_budget(env_names: ContainerEnvNames, max_bytes: int) -> BudgetedVariables:
    """Choose for a container; `budget` is in bytes, see `size_of`."""
    if env_names.env_from_prefixes.is_unrestricted:  # what its `env` says already, word for word
        own = {
            env_names.available.positions[one.name]: (one,)
            for one in env_names.iterate_set_by_env()
            if _has_same_value(one, env_names)
        }
        return BudgetedVariables(_in_position_order(own))
    row, room = _Candidates(env_names), max_bytes
    taken: dict[int, tuple[ServiceVariable, ...]] = {}
    for number, block, size in row.iterate_by_priority():
        if size > room:
            rest = env_names.available.find_omitted_units(number)
            return BudgetedVariables(
                _in_position_order(taken),
                row.find_omitted_services(rest.service_units),
                row.find_omitted_services(rest.docker_link_units),
            )
        taken |= block
        room -= size
    return BudgetedVariables(_in_position_order(taken))


class _Candidates:
    """What a container may have, in the order in which it is taken.

    Not what its `env` sets otherwise, or its `envFrom` may.
    """

    def __init__(self, env_names: ContainerEnvNames) -> None:
        self._available = offer = env_names.available
        place_of = offer.positions
        self._excluded_positions = {place_of[one.name] for one in env_names.iterate_left_to_env_from()}
        self._excluded_positions |= {
            place_of[one.name]
            for one in env_names.iterate_set_by_env()
            if not _has_same_value(one, env_names)
        }
        wanted = (place_of[name] for name in env_names.references if name in place_of)
        self._referenced = {
            place: offer.variables[place] for place in wanted if place not in self._excluded_positions
        }
        self._split_units = {
            offer.unit_numbers[place] for place in (*self._excluded_positions, *self._referenced)
        }

    def iterate_by_priority(self) -> Iterator[tuple[int, _VariablesByPosition, int]]:
        """Each with the number of whole units before it, and its bytes."""
        for place, one in self._referenced.items():
            yield 0, {place: (one,)}, env_bytes_of(one)
        for number, unit in enumerate(self._available.units):
            if number in self._split_units:
                rest = self._select_unreferenced(unit)
                yield number, rest, sum(env_bytes_of(one) for (one,) in rest.values())
            else:
                yield number, {unit.start_position: unit.group.variables}, unit.group.size

    def find_omitted_services(self, unit_numbers: range) -> OmittedServices:
        """The Services of these units, but for those of which the container has all that it may."""
        units = self._available.units
        inside = (number for number in self._split_units if number in unit_numbers)
        complete = {number for number in inside if not self._select_unreferenced(units[number])}
        services = (units[number].group.service for number in unit_numbers if number not in complete)
        return OmittedServices(
            len(unit_numbers) - len(complete), tuple(itertools.islice(services, MAX_NAMED_SERVICES))
        )

    def _select_unreferenced(self, unit: BudgetUnit) -> _VariablesByPosition:
        """What the container may have of a unit beyond what it refers to, one by one."""
        return {
            place: (one,)
            for place, one in enumerate(unit.group.variables, unit.start_position)
            if place not in self._referenced and place not in self._excluded_positions
        }


def _has_same_value(variable: ServiceVariable, env_names: ContainerEnvNames) -> bool:
    return env_names.env_values[variable.name] == variable.value


def _in_position_order(variables_by_position: _VariablesByPosition) -> tuple[ServiceVariable, ...]:
    return tuple(
        itertools.chain.from_iterable(variables_by_position[place] for place in sorted(variables_by_position))
    )
