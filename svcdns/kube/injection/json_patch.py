"""JSON Patch (RFC 6902): the operations that add something to a document.

A document is parsed JSON. Each function looks at it and returns one operation; none changes it.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

PointerSteps: TypeAlias = Sequence[str | int]
"""Where a value stands: `("spec", "containers", 0, "env")`."""


class PatchOperation(Struct, frozen=True):
    """One change of a document; `path` is a JSON Pointer (RFC 6901). A removal has no value."""

    op: str
    path: str
    value: Any = msgspec.UNSET


def set_value(document: Any, steps: PointerSteps, value: Any) -> PatchOperation:
    """Set a member, and make the mappings above it that are missing.

    `add` replaces a member that exists (RFC 6902 section 4.1), but fails where its parent is missing.
    """
    parent = document
    for number, step in enumerate(steps[:-1], 1):
        parent = _get_member(parent, step)
        if parent is None:
            # From the inside out: the value becomes the missing mapping, with all that is to be in it.
            for missing in reversed(steps[number:]):
                value = {missing: value}
            return PatchOperation("add", json_pointer(steps[:number]), value)

    return PatchOperation("add", json_pointer(steps), value)


def prepend_items(document: Any, steps: PointerSteps, items: Sequence[Any]) -> PatchOperation:
    """Put items before those of a list, which may be missing."""
    existing = document
    for step in steps:
        existing = _get_member(existing, step)

    # One operation with the whole list: with one for each, the API server copies the Pod for each.
    return set_value(document, steps, [*items, *(existing or ())])


def json_pointer(steps: PointerSteps) -> str:
    """The pointer to a value (RFC 6901 section 3): `~` is written `~0`, `/` is written `~1`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _get_member(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return value[step]

    # A mapping that is null counts as missing, as in the API.
    return (value or {}).get(step)
