"""Which cores are whose: servers apart from the load, so that neither takes the other's time."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Cores:
    """`helper` is for what is neither: the harness, an upstream, an API server."""

    server: tuple[int, ...]
    load: tuple[int, ...]
    helper: int

    @classmethod
    def assign(cls, available: Collection[int], workers: int = 1) -> Self | None:
        """A core for each worker and as many for the load; None where there are too few.

        The helper has one of its own where one is left, else it shares the load's last one.
        """
        found = sorted(available)
        if len(found) < 2 * workers:
            return None
        server, load, left = found[:workers], found[workers : 2 * workers], found[2 * workers :]
        return cls(tuple(server), tuple(load), left[0] if left else load[-1])
