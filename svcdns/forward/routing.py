"""Which route a name takes: that of the longest suffix, compared label by label (CVE-2026-33489)."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from svcdns.forward.options import Route

T = TypeVar("T")


def longest_suffix_match(by_suffix: Mapping[bytes, T], qname: bytes) -> T | None:
    """The value of the longest suffix of a valid, folded wire name."""
    offset = 0
    while True:
        value = by_suffix.get(qname[offset:])
        # The byte at `offset` is a label's length; that of the root is 0 and ends the name.
        if value is not None or not qname[offset]:
            return value

        offset += qname[offset] + 1  # the next label


def merge_routes(routes: Iterable[Route]) -> tuple[Route, ...]:
    """One route per suffix, with the upstreams and files of all that have it, each once.

    The first one's options count.
    """
    by_suffix: dict[bytes, Route] = {}
    for route in routes:
        # The first of a suffix meets an empty route with its own options, so its options stay.
        merged = by_suffix.get(route.suffix, Route(route.suffix, options=route.options))
        by_suffix[route.suffix] = Route(
            route.suffix,
            # A dict, unlike a set, keeps the order: `sequential` asks in it.
            tuple(dict.fromkeys(merged.upstreams + route.upstreams)),
            tuple(dict.fromkeys(merged.resolv_conf + route.resolv_conf)),
            merged.options,
        )
    return tuple(by_suffix.values())
