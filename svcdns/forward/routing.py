"""Which route a name takes: that of the longest suffix, compared label by label (CVE-2026-33489)."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from svcdns.forward.options import Route

T = TypeVar("T")


def longest_suffix_match(by_suffix: Mapping[bytes, T], qname: bytes) -> T | None:
    """The value of the longest suffix of a valid, folded wire name."""
    at = 0
    while True:
        found = by_suffix.get(qname[at:])
        if found is not None or not qname[at]:
            return found
        at += qname[at] + 1


def merge_routes(routes: Iterable[Route]) -> tuple[Route, ...]:
    """One route per suffix, with the upstreams and files of all that have it, each once.

    The first one's options count.
    """
    by_suffix: dict[bytes, Route] = {}
    for route in routes:
        before = by_suffix.get(route.suffix, Route(route.suffix, options=route.options))
        by_suffix[route.suffix] = Route(
            route.suffix,
            tuple(dict.fromkeys(before.upstreams + route.upstreams)),
            tuple(dict.fromkeys(before.resolv_conf + route.resolv_conf)),
            before.options,
        )
    return tuple(by_suffix.values())
