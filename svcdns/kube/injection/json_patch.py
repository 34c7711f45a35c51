"""JSON Patch (RFC 6902) for what is added to a Pod."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

PointerSteps: TypeAlias = Sequence[str | int]
"""Where a value stands: `("spec", "containers", 0, "env")`."""


class PatchOperation(Struct, frozen=True):
    """One change of a document; `path` is a JSON Pointer (RFC 6901). Removals have no value."""

    op: str
    path: str
    value: Any = msgspec.UNSET


def set_value(document: Any, steps: PointerSteps, value: Any) -> PatchOperation:
    """Set a member, in place of what is there (RFC 6902 4.1), with the mappings above it that are missing."""
    at = document
    for number, step in enumerate(steps[:-1], 1):
        at = _get_member(at, step)
        if at is None:
            for missing in reversed(steps[number:]):
                value = {missing: value}
            return PatchOperation("add", json_pointer(steps[:number]), value)
    return PatchOperation("add", json_pointer(steps), value)


def prepend_items(document: Any, steps: PointerSteps, items: Sequence[Any]) -> PatchOperation:
    """Put items before those of a list: one operation, however many they are."""
    at = document
    for step in steps:
        at = _get_member(at, step)
    return set_value(document, steps, [*items, *(at or ())])


def json_pointer(steps: PointerSteps) -> str:
    """RFC 6901 3: `~` is `~0`, `/` is `~1`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _get_member(value: Any, step: str | int) -> Any:
    """A member that is null counts as missing, as in the API."""
    if isinstance(step, int):
        return value[step]
    return (value or {}).get(step)
