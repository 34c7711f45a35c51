"""The settings of a class: which fields are some, how their keys are called, and how pydantic reads them.

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
    """One setting: its key, the field that it is made from, and how people write it."""

    key: str
    field: str
    annotation: Any
    """The type that pydantic reads."""
    default: Any
    """What `pydantic.Field` takes: `default` or `default_factory`."""
    plain: Callable[[Any], Any]
    """What the class holds of a value."""
    shape: str
    """How the help shows one value; empty where the type says it."""
    kind: type[Struct]
    """The class."""

    @property
    def help(self) -> str:
        """The docstring of the field."""
        return docstrings.of_fields(self.kind).get(self.field, "")


class Part:
    """The settings of one class."""

    def __init__(self, kind: type[Struct], prefix: str = "", keys: Mapping[str, str] | None = None) -> None:
        """A key is the prefix and the field's name; `keys` has those of fields that are called otherwise."""
        self.kind = kind
        self._prefix = prefix
        self._keys = keys or {}
        infos = msgspec.structs.fields(kind)
        self.settings = tuple(self._setting(info) for info in infos if _is_setting(info))
        self.not_given = {
            info.name: self.key(mark.field) for info in infos for mark in _marks(info, NotGiven)
        }
        """The keys of settings, by the fields that tell whether these were not given."""

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
        if same := next(_marks(info, SameAs), None):
            key = self.key(same.field)
            return {"default_factory": lambda data: data[key]}

        if info.default is not NODEFAULT:
            return {"default": meaning.value(info.default)}

        factory = cast("Callable[[], Any]", info.default_factory)

        return {"default_factory": lambda: meaning.value(factory())}


class Section:
    """Settings that stand together in the help and in what `svcdns config show` prints."""

    def __init__(self, title: str, *parts: Part) -> None:
        self.title = title
        self.parts = parts

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Of all its parts, in their order."""
        return tuple(setting for part in self.parts for setting in part.settings)

    @property
    def keys(self) -> tuple[str, ...]:
        """How they are called."""
        return tuple(setting.key for setting in self.settings)


def _marks(info: FieldInfo, kind: type[M]) -> Iterator[M]:
    return (mark for mark in get_args(info.type)[1:] if isinstance(mark, kind))


def _is_setting(info: FieldInfo) -> bool:
    """See the table of `setting_types`."""
    if next(_marks(info, NotGiven), None):
        return False
    is_plain = info.type is bool or get_origin(info.type) is Literal
    return is_plain or any(isinstance(mark, Text | Meta) for mark in get_args(info.type)[1:])


def _meaning(info: FieldInfo) -> Meaning:
    if mark := next(_marks(info, Text), None):
        return MEANINGS[mark]
    if bounds := next(_marks(info, Meta), None):  # of numbers
        return Meaning(Annotated[int, Field(ge=bounds.ge, le=bounds.le)])

    return Meaning(info.type)
