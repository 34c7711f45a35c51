"""Which core is for what: servers apart from the load, so that neither takes the other's time."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Cores:
    """Numbers of cores; `helper` is for the harness, an upstream, an API server."""

    server: tuple[int, ...]
    load: tuple[int, ...]
    helper: int

    @classmethod
    def assign(cls, available: Collection[int], workers: int = 1) -> Self | None:
        """A core for each worker and as many for the load; None if there are too few."""
        numbers = sorted(available)
        if len(numbers) < 2 * workers:
            return None

        server = numbers[:workers]
        load = numbers[workers : 2 * workers]
        unused = numbers[2 * workers :]

        # Shared with the load and not with the server, whose time is measured.
        return cls(tuple(server), tuple(load), unused[0] if unused else load[-1])
