"""The settings of a class: which fields are settings, what their keys are, and how pydantic reads them.

Part(CacheOptions, "cache_") -> Setting: cache_size, cache_min_ttl, ...
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo
from pydantic import Field

from svcdns.config import docstrings
from svcdns.config.text_meanings import MEANINGS, Meaning
from svcdns.setting_types import NotGiven, SameAs, Text

M = TypeVar("M")


class Setting(NamedTuple):
    """One setting: its key, its field, and how people write it."""

    key: str
    field: str
    annotation: Any
    """The type that pydantic reads."""
    default: Any
    """The keyword for `pydantic.Field`: `default` or `default_factory`."""
    plain: Callable[[Any], Any]
    """Converts a value into what the class holds."""
    shape: str
    """How the help shows one value; empty if the type says it."""
    kind: type[Struct]
    """The class that has the field."""

    @property
    def help(self) -> str:
        """The docstring of the field."""
        return docstrings.of_fields(self.kind).get(self.field, "")


class Part:
    """The settings of one class."""

    def __init__(self, kind: type[Struct], prefix: str = "", keys: Mapping[str, str] | None = None) -> None:
        """A key is the prefix and the field's name; `keys` has the exceptions, by field."""
        self.kind = kind
        self._prefix = prefix
        self._keys = keys or {}
        infos = msgspec.structs.fields(kind)
        self.settings = tuple(self._setting(info) for info in infos if _is_setting(info))
        self.not_given = {
            info.name: self.key(mark.field) for info in infos for mark in _marks(info, NotGiven)
        }
        """By the field that is true if a setting was not given: that setting's key."""

    def key(self, field: str) -> str:
        """The key of a field's setting."""
        return self._keys.get(field, f"{self._prefix}{field}")

    def _setting(self, info: FieldInfo) -> Setting:
        meaning = _meaning(info)
        mark = next(_marks(info, Text), None)
        return Setting(
            self.key(info.name),
            info.name,
            meaning.annotation,
            self._default(info, meaning),
            meaning.plain,
            mark.shape if mark else "",
            self.kind,
        )

    def _default(self, info: FieldInfo, meaning: Meaning) -> Any:
        # pydantic calls the factory with the fields before this one.
        if same := next(_marks(info, SameAs), None):
            key = self.key(same.field)
            return {"default_factory": lambda data: data[key]}

        if info.default is not NODEFAULT:
            return {"default": meaning.value(info.default)}

        factory = cast("Callable[[], Any]", info.default_factory)

        return {"default_factory": lambda: meaning.value(factory())}


class Section:
    """Settings that stand together in the help and in the output of `svcdns config show`."""

    def __init__(self, title: str, *parts: Part) -> None:
        self.title = title
        self.parts = parts

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The settings of all its parts, in order."""
        return tuple(setting for part in self.parts for setting in part.settings)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its settings, in order."""
        return tuple(setting.key for setting in self.settings)


def _marks(info: FieldInfo, kind: type[M]) -> Iterator[M]:
    return (mark for mark in get_args(info.type)[1:] if isinstance(mark, kind))


def _is_setting(info: FieldInfo) -> bool:
    """Whether a field is a setting, by the table in `setting_types`."""
    if next(_marks(info, NotGiven), None):
        return False
    is_plain = info.type is bool or get_origin(info.type) is Literal
    return is_plain or any(isinstance(mark, Text | Meta) for mark in get_args(info.type)[1:])


def _meaning(info: FieldInfo) -> Meaning:
    if mark := next(_marks(info, Text), None):
        return MEANINGS[mark]
    # Only numbers have bounds. Their text is a whole number, even where the class has a float.
    if bounds := next(_marks(info, Meta), None):
        return Meaning(Annotated[int, Field(ge=bounds.ge, le=bounds.le)])

    return Meaning(info.type)
