"""The settings as people write them: flat, each made from a field of the class that uses it.

A setting `negative_ttl` is the flag `--negative-ttl`, the variable `SVCDNS_NEGATIVE_TTL` and the key
`negative_ttl` of the file. SECTIONS says which classes have settings, and how their keys are called; the
type, bounds, default and docstring of a field say the rest (`setting_types`). To add a setting, add a field.

A key must not be called so that a Service's environment variable could set it: no `..._service_host`,
`..._port` (a Service `svcdns-metrics` makes `SVCDNS_METRICS_PORT`).
"""

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo
from pydantic import BaseModel, ConfigDict, Field, create_model

from svcdns.cluster.options import ClusterZone
from svcdns.config import docstrings, fields, short_form
from svcdns.config.meanings import MEANINGS, Meaning
from svcdns.config.short_form import Forwards
from svcdns.dns.rules import HostsOptions, Rules
from svcdns.forward.options import CacheOptions, ForwardOptions
from svcdns.kube.injection_options import InjectionOptions
from svcdns.serve.runtime_config import Block, Certificate, Listener, Logs, ObjectSource, Process, QueryLog
from svcdns.setting_types import Conflict, NotGiven, SameAs, Text
from svcdns.web.options import WebhookOptions

ENV_PREFIX = "SVCDNS_"
WEBHOOK_PREFIX = "webhook_"
"""What the command `svcdns webhook` says already."""

T = TypeVar("T", bound=Struct)
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
    kind: type[Struct] | None = None
    """The class."""

    @property
    def help(self) -> str:
        """The docstring of the field."""
        return docstrings.of_fields(self.kind).get(self.field, "") if self.kind else _CONFIG_HELP


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


SOURCE = Section("Where objects come from", Part(ObjectSource))
ANSWERS = Section("What is answered", Part(ClusterZone))
OUTSIDE = Section(
    "Names outside the cluster",
    Part(Forwards),
    Part(ForwardOptions, "forward_"),
    Part(CacheOptions, "cache_", {"prefetch": "prefetch", "serve_stale": "serve_stale"}),
    Part(Block),
    Part(HostsOptions, "hosts_", {"entries": "hosts"}),
    Part(Rules),
)
PROCESS = Section(
    "How the server runs",
    Part(Listener),
    Part(Certificate, "tls_"),
    Part(Process),
    Part(Logs, "log_"),
    Part(QueryLog, "query_log_", {"mode": "query_log"}),
)
WEBHOOK = Section("The webhook", Part(WebhookOptions, WEBHOOK_PREFIX), Part(InjectionOptions, WEBHOOK_PREFIX))

SECTIONS = (SOURCE, ANSWERS, OUTSIDE, PROCESS, WEBHOOK)
PARTS: Mapping[type[Struct], Part] = {part.kind: part for section in SECTIONS for part in section.parts}

_CONFIG_HELP = "File of settings, YAML or a Corefile; a flag or variable wins over its keys."
CONFIG = Setting("config", "", fields.OptionalPath, {"default": None}, lambda path: path, "PATH")
"""Where the others may stand; of no class."""

ALL: Mapping[str, Setting] = {
    setting.key: setting for section in SECTIONS for setting in section.settings
} | {CONFIG.key: CONFIG}


class _Flat(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    if TYPE_CHECKING:

        def __getattr__(self, key: str) -> Any: ...


if TYPE_CHECKING:

    class Settings(_Flat):
        """All settings by their keys. Made by `loader.load`, which turns every fault into a ConfigError."""

else:
    Settings = create_model(
        "Settings",
        __base__=_Flat,
        **{key: (setting.annotation, Field(**setting.default)) for key, setting in ALL.items()},
    )


def part(settings: Settings, kind: type[T], **more: Any) -> T:
    """An object of a class of settings; its fields of such classes are made too, but for those in `more`."""
    values = dict(more)
    own = PARTS.get(kind)
    if own is not None:
        values |= {one.field: one.plain(getattr(settings, one.key)) for one in own.settings}
        values |= {field: key not in settings.model_fields_set for field, key in own.not_given.items()}
    for info in msgspec.structs.fields(kind):
        inner = _class_of_settings(info.type)
        if info.name not in values and inner is not None:
            values[info.name] = part(settings, inner)
    return kind(**values)


def _class_of_settings(annotation: Any) -> type[Struct] | None:
    """The class where a field is of one, or of one or None."""
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((kind for kind in kinds if kind in PARTS), None)


def conflicts(settings: Settings) -> Iterator[Conflict]:
    """What is wrong with the settings together, by their keys."""
    for own in PARTS.values():
        made = part(settings, own.kind)
        for conflict in made.conflicts() if hasattr(made, "conflicts") else ():
            yield Conflict(conflict.message, tuple(map(own.key, conflict.fields)))
    for forward in short_form.never_asked(settings.forward, settings.zone):
        yield Conflict(f"{str(forward)!r} is never asked: its names are answered here", ("forward", "zone"))
