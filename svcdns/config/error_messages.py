"""Errors of pydantic in words for the person who wrote the setting: where, what, and what would be right."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from svcdns.config.config_document import KeyPath
from svcdns.config.settings import Settings
from svcdns.setting_types import Conflict


def describe_errors(error: ValidationError, locate: Callable[[KeyPath], str]) -> Iterator[str]:
    """One line for each error; `locate` names the place of a value."""
    for details in error.errors(include_url=False):
        # A default made of another setting is not called if that setting is wrong, which has a line itself.
        if details["type"] != "default_factory_not_called":
            yield f"{locate(details['loc'])}: {_describe_error(details)}"


def conflict(fault: Conflict, where: Callable[[KeyPath], str]) -> str:
    """One line for settings that are right one by one, and wrong together."""
    return f"{', '.join(where((key,)) for key in fault.fields)}: {fault.message}"


def _describe_error(details: ErrorDetails) -> str:
    name = str(details["loc"][0])
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])

    field = Settings.model_fields[name]
    suggestion = (
        did_you_mean(str(details["input"]), choices(field)) if isinstance(details["input"], str) else None
    )

    return f"{_abbreviate(details['input'])} is not {describe_expected(field)}" + (
        f"; did you mean {suggestion}?" if suggestion else ""
    )


def _abbreviate(value: object) -> str:
    """The value, at most 80 characters of it."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def describe_expected(field: FieldInfo) -> str:
    """What a value of this field must be, for the types that pydantic itself reads."""
    if options := choices(field):
        return f"one of {', '.join(options)}"
    if field.annotation is bool:
        return "true or false"

    if field.annotation is int:
        least, greatest = bounds(field)
        return f"a whole number from {least} to {greatest}"

    return "a list of values"


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The words that a field allows; empty unless its type is a Literal."""
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def bounds(field: FieldInfo) -> tuple[Any, Any]:
    """The least and the greatest number that a field allows; every number has both."""
    least = next(item.ge for item in field.metadata if isinstance(item, Ge))
    greatest = next(item.le for item in field.metadata if isinstance(item, Le))
    return least, greatest


def did_you_mean(text: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to what was written, or None if none is near."""
    return next(iter(difflib.get_close_matches(text.lower().replace("-", "_"), list(candidates), n=1)), None)
