"""What the containers of one Pod are given, so that they find what the kubelet would have given them.

    Offer, PodSpec -> inject -> variables for each container, warnings

For each container, in this order:

1. what its own `env` sets is its own;
2. what its `envFrom` might set is left to the kubelet, which knows the ConfigMap;
3. what its `env`, `command` and `args` refer to is taken first, then whole Services, while they fit.

The decision depends on the Pod as it would be with the variables in it, so that a second look at an
injected Pod finds nothing to do.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import TypeVar

from msgspec import Struct

from svcdns.kube import expansion
from svcdns.kube.environ import Variable
from svcdns.kube.injection_offer import Offer, Unit, size_of
from svcdns.kube.objects import Key
from svcdns.kube.pod_template import Container, PodSpec

T = TypeVar("T")

POD_BUDGET = 256 << 10
"""Bytes that all containers of a Pod share. Stored with managedFields they are four times as many,
and etcd takes objects of 1.5 MiB: a Pod must not fail for its variables."""

_NAMED = 3
"""Things that one warning names."""


class Given(Struct, frozen=True):
    """What one container is given: `missing` is to be written before its own `env`.

    `chosen` are these and those that its `env` says already, word for word.
    """

    field: str
    index: int
    chosen: tuple[Variable, ...]
    missing: tuple[Variable, ...]


class Injection(Struct, frozen=True):
    """What a Pod is given; with `needs_kubelet` its `enableServiceLinks` must stay as it is."""

    given: tuple[Given, ...]
    needs_kubelet: bool
    warnings: tuple[str, ...]


def inject(spec: PodSpec, offer: Offer, budget: int) -> Injection:
    """Choose for each container and init container; `budget` is in bytes for each of them.

    Ephemeral containers are made later, when no webhook of Pods is asked.
    """
    containers = [
        (field, index, one)
        for field, found in (("initContainers", spec.init_containers), ("containers", spec.containers))
        for index, one in enumerate(found or ())
    ]
    budget = min(budget, POD_BUDGET // max(1, len(containers)))
    given: list[Given] = []
    needs_kubelet = bool(offer.left_to_kubelet)
    warnings = [
        f"enableServiceLinks stays as it is: only the kubelet gives {reason}"
        for reason in offer.left_to_kubelet
    ]
    for field, index, container in containers:
        found = _Choice(container, offer, budget)
        given.append(Given(field, index, found.chosen, found.missing))
        needs_kubelet |= found.needs_kubelet
        warnings += (f'container "{container.name}": {text}' for text in found.warnings())
    return Injection(tuple(given), needs_kubelet, (*warnings, *offer.warnings))


class _Choice:
    """The variables of one container."""

    def __init__(self, container: Container, offer: Offer, budget: int) -> None:
        self._container = container
        self._offer = offer
        self._budget = budget
        self._own = _own_values(container)
        self._references = dict.fromkeys(_references(container))
        self._doubtful = self._find_doubtful()
        self._early = tuple(dict.fromkeys(self._find_early()))
        self.chosen, self._left_out = self._take()
        self.missing = tuple(one for one in self.chosen if one.name not in self._own)
        self.needs_kubelet = bool(self._doubtful or self._early)

    def warnings(self) -> Iterator[str]:
        """What the container does not find as it may expect."""
        if self._doubtful:
            sources = _some(dict.fromkeys(map(str, self._container.env_from or ())))
            yield (
                f"{_some(self._doubtful)} not injected, because envFrom ({sources}) may give them; "
                "enableServiceLinks stays as it is"
            )
        if self._early:
            yield f"{_some(self._early)} set after a reference to it; enableServiceLinks stays as it is"
        if self._left_out:
            services = _some(self._left_out, "/".join)
            yield f"over {self._budget} bytes: variables of {services} are left out; name those it needs"
        for name, variable in self._lost():
            yield f"nothing gives $({name}): the Service {'/'.join(variable.service)} is not named"

    def _take(self) -> tuple[tuple[Variable, ...], tuple[Key, ...]]:
        """What fits, in the order of the offer, and the Services of what does not."""
        offer, room = self._offer, self._budget
        taken: dict[int, tuple[Variable, ...]] = {}  # by the place of the first of some neighbours
        for one in filter(None, map(offer.get, self._references)):
            if self._may_have(one) and size_of(one) <= room:
                taken[offer.position[one.name]] = (one,)
                room -= size_of(one)
        places = (offer.position.get(name) for name in (*self._doubtful, *self._own))
        apart = {offer.unit_at[place] for place in (*taken, *places) if place is not None}
        for number, unit in enumerate(offer.units):
            fresh, size = {unit.start: unit.variables}, unit.size
            if number in apart:
                fresh = self._rest(unit, taken.keys())
                size = sum(size_of(one) for (one,) in fresh.values())
            if size > room:
                left = enumerate(offer.units[number:], number)
                services = [
                    one.service for at, one in left if at not in apart or self._rest(one, taken.keys())
                ]
                return _in_order(taken), tuple(dict.fromkeys(services))
            taken |= fresh
            room -= size
        return _in_order(taken), ()

    def _rest(self, unit: Unit, taken: Set[int]) -> dict[int, tuple[Variable, ...]]:
        """What the container may have of a unit beyond what it has, one by one."""
        return {
            place: (one,)
            for place, one in enumerate(unit.variables, unit.start)
            if place not in taken and self._may_have(one)
        }

    def _may_have(self, variable: Variable) -> bool:
        """Neither its `env` nor, perhaps, its `envFrom` says something else."""
        name, value = variable.name, variable.value
        return name not in self._doubtful and self._own.get(name, value) == value

    def _find_doubtful(self) -> dict[str, None]:
        """The names that `envFrom` may give: the prefixes admit them, and `env` does not set them."""
        sources = self._container.env_from or ()
        if not sources:
            return {}
        prefixes = tuple(source.prefix or "" for source in sources)
        admitted = (name for name in self._offer.position if name.startswith(prefixes))
        return {
            name: None
            for name in admitted
            if name not in self._own and any(source.key_for(name) for source in sources)
        }

    def _find_early(self) -> Iterator[str]:
        """The names that `env` sets, and refers to before: there they are the kubelet's variables."""
        set_before: set[str] = set()
        for written in self._container.env or ():
            for name in expansion.references(written.value or ""):
                if name in self._own and name in self._offer.position and name not in set_before:
                    yield name
            set_before.add(written.name)

    def _lost(self) -> Iterator[tuple[str, Variable]]:
        """The references that only the kubelet would have known."""
        sources = self._container.env_from or ()
        for name in self._references:
            variable = self._offer.whole.get(name) if self._offer.whole else None
            given = name in self._own or name in self._offer.position
            if variable and not given and not any(source.key_for(name) for source in sources):
                yield name, variable


def _in_order(taken: Mapping[int, Iterable[Variable]]) -> tuple[Variable, ...]:
    return tuple(itertools.chain.from_iterable(taken[place] for place in sorted(taken)))


def _own_values(container: Container) -> dict[str, str | None]:
    """What `env` sets; None for a value that comes from somewhere else, is empty, or is set again."""
    found: dict[str, str | None] = {}
    for written in container.env or ():
        found[written.name] = None if written.name in found else written.value or None
    return found


def _references(container: Container) -> Iterator[str]:
    for written in container.env or ():
        yield from expansion.references(written.value or "")
    for text in (*(container.command or ()), *(container.args or ())):
        yield from expansion.references(text)


def _some(things: Iterable[T], shown: Callable[[T], str] = str) -> str:
    """The first ones, and how many more."""
    found = list(things)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(map(shown, found[:_NAMED])) + more
