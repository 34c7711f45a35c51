"""Remembers the last result for each large Service, because its next change asks for that again.

A change makes the records of a Service twice, before and after it, to write the difference. In a Service
of 10,000 endpoints each takes long, and "before" is what "after" was at the last change. What is remembered
is made by pure functions of frozen objects and found by what these are, so it cannot be out of date.
"""

import functools
from collections.abc import Callable, Hashable
from typing import TypeVar

Result = TypeVar("Result")

_MAX_SERVICES = 4
"""Services whose last result is remembered: 4 MB where each has 10,000 endpoints with two ports."""


def remember_last_per_service(build: Callable[..., Result]) -> Callable[[Hashable], Callable[..., Result]]:
    """Gives for a Service, by its key or name, a `build` that remembers its last result.

    All arguments of `build` are hashable.
    """

    @functools.lru_cache(_MAX_SERVICES)
    def build_for_service(_: Hashable) -> Callable[..., Result]:
        # One result alone: the arguments of an older one do not come again.
        return functools.lru_cache(1)(build)

    return build_for_service
