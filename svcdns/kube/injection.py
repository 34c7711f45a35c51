"""What the containers of one Pod are given, so that they find what the kubelet would have given them.

    Offer, PodSpec -> inject -> variables for each container, warnings

Of each container: its claims (`injection_claims`), its budget (`injection_budget`), what to say
(`injection_words`). The decision depends on the Pod as it would be with the variables in it, so that a
second look at an injected Pod finds nothing to do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from svcdns.errors import ObjectError
from svcdns.kube import injection_budget, injection_words
from svcdns.kube.injection_claims import Claims
from svcdns.kube.injection_offer import Offer
from svcdns.kube.pod_template import Container, PodSpec
from svcdns.kube.service_variables import Variable
from svcdns.kube.words import some

MOST_CONTAINERS = 128
MOST_ENTRIES = 10_000
"""Entries of `env` and `envFrom`, and references, of all containers: each takes some microseconds."""
MOST_ADMITTED = 40_000
"""Variables that the prefixes of their `envFrom` admit."""


class Given(Struct, frozen=True):
    """What one container is given: `missing` is to be written before its own `env`.

    `chosen` are these and those that its `env` says already, word for word; `unmet` are references
    that the warnings name.
    """

    field: str
    index: int
    chosen: tuple[Variable, ...]
    missing: tuple[Variable, ...]
    unmet: frozenset[str]
    needs_kubelet: bool
    warnings: tuple[str, ...]


class Injection(Struct, frozen=True):
    """What a Pod is given; with `needs_kubelet` its `enableServiceLinks` must stay as it is."""

    given: tuple[Given, ...]
    needs_kubelet: bool
    warnings: tuple[str, ...]


def inject(spec: PodSpec, offer: Offer, budget: int, room: int) -> Injection:
    """Choose for each container and init container; raises ObjectError for a Pod that is too much work.

    `budget` is in bytes for each of them, `room` for all. Ephemeral containers are made later, when no
    webhook of Pods is asked.
    """
    fields = (("initContainers", spec.init_containers), ("containers", spec.containers))
    places = [(field, index) for field, found in fields for index in range(len(found or ()))]
    containers = (*(spec.init_containers or ()), *(spec.containers or ()))
    _check_entries(containers)
    budget = min(budget, room // max(1, len(containers)))
    given: list[Given] = []
    work = 0
    for place, container in zip(places, containers, strict=True):
        claims = Claims(container, offer)
        work += claims.work
        if work > MOST_ADMITTED:
            raise ObjectError("spec", f"envFrom may give over {MOST_ADMITTED} variables of Services")
        given.append(_give(*place, claims, budget))
    needs_kubelet = bool(offer.left_to_kubelet) or any(one.needs_kubelet for one in given)
    of_pod = (f"only the kubelet gives {reason}{injection_words.KEPT}" for reason in offer.left_to_kubelet)
    of_containers = _by_text((one.name, found.warnings) for one, found in zip(containers, given, strict=True))
    return Injection(
        tuple(given), needs_kubelet, (*of_pod, *offer.warnings, *of_containers, *offer.collisions)
    )


def _check_entries(containers: Sequence[Container]) -> None:
    if len(containers) > MOST_CONTAINERS:
        raise ObjectError("spec", f"over {MOST_CONTAINERS} containers")
    entries = sum(
        len(one.env or ()) + len(one.env_from or ()) + sum(text.count("$(") for text in one.texts)
        for one in containers
    )
    if entries > MOST_ENTRIES:
        raise ObjectError("spec", f"over {MOST_ENTRIES} entries of env and envFrom, and references")


def _give(field: str, index: int, claims: Claims, budget: int) -> Given:
    filled = injection_budget.fill(claims, budget)
    early, unmet = claims.early(), tuple(claims.unmet(filled.chosen))
    return Given(
        field,
        index,
        filled.chosen,
        tuple(one for one in filled.chosen if one.name not in claims.own),
        frozenset(one.name for one in unmet),
        bool(early)
        or claims.count_doubtful() > len(claims.foreign())
        or any(one.by_kubelet for one in unmet),
        (
            *injection_words.of_doubts(claims),
            *injection_words.of_references(early, unmet),
            *injection_words.of_budget(filled, budget),
        ),
    )


def _by_text(said: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """What is said of several containers alike is said once."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, warnings in said:
        for text in warnings:
            names[text].append(f'"{name}"')
    for text, of in names.items():
        yield f"container{'s' * (len(of) > 1)} {some(of)}: {text}"
