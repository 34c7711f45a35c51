"""The flat settings, as people write them. Each is made from a field of the class that uses it.

A setting `negative_ttl` is the flag `--negative-ttl`, the variable `SVCDNS_NEGATIVE_TTL` and the key
`negative_ttl` of the file. SECTIONS lists the classes that have settings, and the prefixes of their keys. The
type, bounds, default and docstring of a field say the rest (`setting_types`). To add a setting, add a field.

No key may end like an environment variable that Kubernetes makes for a Service, with `_service_host` or
`_port`: a Service `svcdns-metrics` makes `SVCDNS_METRICS_PORT`.
"""

import functools
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, create_model

from svcdns.cluster.options import ClusterZone
from svcdns.config import short_form
from svcdns.config.setting_parts import Part, Section, Setting
from svcdns.config.short_form import Forwards, SettingsFile
from svcdns.dns.answer.block_rules import HostsOptions, Rules
from svcdns.dns.clients.rate_limit_options import RateLimitOptions
from svcdns.forward.options import CacheOptions, ForwardOptions
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.serve.runtime.runtime_config import (
    Block,
    Certificate,
    CookieOptions,
    Listener,
    Logs,
    Process,
    QueryLog,
    SourceOptions,
)
from svcdns.setting_types import Conflict
from svcdns.web.webhook.options import WebhookOptions

ENV_PREFIX = "SVCDNS_"
WEBHOOK_PREFIX = "webhook_"
"""The prefix of keys that the flags of `svcdns webhook` leave out."""

T = TypeVar("T", bound=Struct)

SOURCE = Section("Where objects come from", Part(SourceOptions))
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
    Part(CookieOptions, "cookie_"),
    Part(RateLimitOptions, "rate_limit_", {"rate": "rate_limit"}),
    Part(Process),
    Part(Logs, "log_"),
    Part(QueryLog, "query_log_", {"mode": "query_log"}),
)
WEBHOOK = Section("The webhook", Part(WebhookOptions, WEBHOOK_PREFIX), Part(InjectionOptions, WEBHOOK_PREFIX))

SECTIONS = (SOURCE, ANSWERS, OUTSIDE, PROCESS, WEBHOOK)
PARTS: Mapping[type[Struct], Part] = {part.kind: part for section in SECTIONS for part in section.parts}

FILE = Section("Options", Part(SettingsFile))
"""`--config`, which names the file of all other settings."""

ALL: Mapping[str, Setting] = {
    setting.key: setting for section in (*SECTIONS, FILE) for setting in section.settings
}


class _Flat(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    if TYPE_CHECKING:

        def __getattr__(self, key: str) -> Any: ...


if TYPE_CHECKING:

    class Settings(_Flat):
        """All settings by key. `loader.load_settings` makes it; mistakes become a ConfigError there."""

else:
    Settings = create_model(
        "Settings",
        __base__=_Flat,
        **{key: (setting.annotation, Field(**setting.default)) for key, setting in ALL.items()},
    )


def part(settings: Settings, kind: type[T], **inner_parts: Any) -> T:
    """An object of a class of settings.

    Fields that are such classes themselves are made too, except those in `inner_parts`.
    """
    values = dict(inner_parts)
    own = PARTS.get(kind)
    if own is not None:
        values |= {setting.field: setting.plain(getattr(settings, setting.key)) for setting in own.settings}
        values |= {field: key not in settings.model_fields_set for field, key in own.not_given.items()}

    for field, inner in _inner(kind).items():
        if field not in values:
            values[field] = part(settings, inner)

    return kind(**values)


@functools.cache
def _inner(kind: type[Struct]) -> Mapping[str, type[Struct]]:
    """The fields whose type is a class of settings, or such a class or None, with the class."""
    inner_kinds: dict[str, type[Struct]] = {}
    for info in msgspec.structs.fields(kind):
        kinds = get_args(info.type) if get_origin(info.type) in (Union, UnionType) else (info.type,)
        for inner in kinds:
            if inner in PARTS:
                inner_kinds[info.name] = inner

    return inner_kinds


def conflicts(settings: Settings) -> Iterator[Conflict]:
    """What is wrong with settings that are right one by one, by their keys."""
    for own in PARTS.values():
        section = part(settings, own.kind)
        for conflict in section.conflicts() if hasattr(section, "conflicts") else ():
            yield Conflict(conflict.message, tuple(map(own.key, conflict.fields)))

    for forward in short_form.never_asked(settings.forward, settings.zone):
        yield Conflict(f"{str(forward)!r} is never asked: its names are answered here", ("forward", "zone"))
