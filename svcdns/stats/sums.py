"""The sum of two counts of the same shape: how the counts of processes become those of the server."""

from typing import Any, TypeVar

from msgspec import Struct, structs

Counts = TypeVar("Counts")


def add(first: Counts, second: Counts) -> Counts:
    """The sum of two numbers, dicts, lists or structs of them: field by field, and key by key.

    Neither operand is changed. A key that only one dict has keeps its value; lists must be of one length.
    """
    return _add(first, second)  # type: ignore[no-any-return]


def _add(first: Any, second: Any) -> Any:
    if isinstance(first, Struct):
        # By position, not by name: both are of one class.
        pairs = zip(structs.astuple(first), structs.astuple(second), strict=True)
        return type(first)(*(_add(a, b) for a, b in pairs))

    if isinstance(first, dict):
        # `first | second` takes the second's value for a key of both, so the sums go over it.
        in_both = {key: _add(first[key], second[key]) for key in first.keys() & second.keys()}
        return first | second | in_both

    if isinstance(first, list):
        return [_add(a, b) for a, b in zip(first, second, strict=True)]
    return first + second
