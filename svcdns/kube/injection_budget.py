"""Which variables of an offer a container has room for.

What it refers to comes first, then hosts and ports of every Service, then Docker link variables, until
something does not fit. With less room the choice is the beginning of the same row, so that a second look
at an injected Pod, which has grown, finds nothing to add.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from svcdns.kube.injection_claims import Claims
from svcdns.kube.injection_offer import Unit
from svcdns.kube.objects import Key
from svcdns.kube.service_variables import Variable, size_of

FIRST = 3
"""Services that are named where some are left out."""

_Block: TypeAlias = Mapping[int, tuple[Variable, ...]]
"""Neighbours in the offer, by the place of the first."""


class Left(Struct, frozen=True):
    """Services of which something is left out: how many, and the first ones."""

    count: int = 0
    first: tuple[Key, ...] = ()


class Filled(Struct, frozen=True):
    """What is chosen; of which Services hosts and ports are left out, and of which only Docker links."""

    chosen: tuple[Variable, ...]
    hosts: Left = Left()
    links: Left = Left()


def fill(claims: Claims, budget: int) -> Filled:
    """Choose for a container; `budget` is in bytes, see `size_of`."""
    if claims.prefixes.admit_all:  # what its `env` says already, word for word
        own = {claims.offer.position[one.name]: (one,) for one in claims.settled() if _same(one, claims)}
        return Filled(_in_order(own))
    row, room = _Row(claims), budget
    taken: dict[int, tuple[Variable, ...]] = {}
    for number, block, size in row.blocks():
        if size > room:
            rest = claims.offer.rest(number)
            return Filled(_in_order(taken), row.left(rest.hosts), row.left(rest.links))
        taken |= block
        room -= size
    return Filled(_in_order(taken))


class _Row:
    """What a container may have, in the order in which it is taken.

    Not what its `env` sets otherwise, or its `envFrom` may.
    """

    def __init__(self, claims: Claims) -> None:
        self._offer = offer = claims.offer
        place_of = offer.position
        self._closed = {place_of[one.name] for one in claims.doubtful()}
        self._closed |= {place_of[one.name] for one in claims.settled() if not _same(one, claims)}
        wanted = (place_of[name] for name in claims.references if name in place_of)
        self._wanted = {place: offer.variables[place] for place in wanted if place not in self._closed}
        self._apart = {offer.unit_at[place] for place in (*self._closed, *self._wanted)}

    def blocks(self) -> Iterator[tuple[int, _Block, int]]:
        """Each with the number of whole units before it, and its bytes."""
        for place, one in self._wanted.items():
            yield 0, {place: (one,)}, size_of(one)
        for number, unit in enumerate(self._offer.units):
            if number in self._apart:
                rest = self._rest(unit)
                yield number, rest, sum(size_of(one) for (one,) in rest.values())
            else:
                yield number, {unit.start: unit.block.variables}, unit.block.size

    def left(self, numbers: range) -> Left:
        """The Services of these units, but for those of which the container has all that it may."""
        units = self._offer.units
        inside = (number for number in self._apart if number in numbers)
        complete = {number for number in inside if not self._rest(units[number])}
        services = (units[number].block.service for number in numbers if number not in complete)
        return Left(len(numbers) - len(complete), tuple(itertools.islice(services, FIRST)))

    def _rest(self, unit: Unit) -> _Block:
        """What the container may have of a unit beyond what it refers to, one by one."""
        return {
            place: (one,)
            for place, one in enumerate(unit.block.variables, unit.start)
            if place not in self._wanted and place not in self._closed
        }


def _same(variable: Variable, claims: Claims) -> bool:
    return claims.own[variable.name] == variable.value


def _in_order(taken: _Block) -> tuple[Variable, ...]:
    return tuple(itertools.chain.from_iterable(taken[place] for place in sorted(taken)))
