"""What was made last of each large Service: the pass before its next change asks for just that again.

An event in a Service of 10,000 endpoints would else make all of its sets twice. What is remembered is
made by pure functions of frozen objects and found by what these are, so it cannot be out of date.
"""

import functools
from collections.abc import Callable, Hashable
from typing import TypeVar

Result = TypeVar("Result")

_MAX_SERVICES = 4
"""Services, of each the last that was made: 4 MB where there are 10,000 endpoints with two ports."""


def remember_last_per_service(build: Callable[..., Result]) -> Callable[[Hashable], Callable[..., Result]]:
    """Gives for a Service, by its key or name, a `make` that remembers what it has made last."""

    @functools.lru_cache(_MAX_SERVICES)
    def of_service(_: Hashable) -> Callable[..., Result]:
        return functools.lru_cache(1)(build)

    return of_service
