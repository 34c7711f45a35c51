"""Reads a kubeconfig, and chooses the cluster and the user of one context.

Source: Kubernetes client API v1 Config (kubeconfig). A mistake in an entry that the context does not need
costs only that entry; it becomes a remark.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import yaml
from msgspec import Struct

from svcdns import bounded_yaml
from svcdns.errors import ConfigError
from svcdns.sources.apiserver.login.kubeconfig_fields import (
    ChosenEntries,
    ClusterEntry,
    ContextEntry,
    KubeconfigDocument,
    UserEntry,
)

_MAX_DEPTH = 64
"""Levels of lists and mappings; a kubeconfig has about 7, and extensions have their own."""

Entry = TypeVar("Entry", bound=Struct)


class _Entries(NamedTuple):
    """One of the three lists, by name; of several with one name all are listed."""

    noun: str
    by_name: Mapping[str, list[Any]]

    def get(self, name: str, entry_type: type[Entry]) -> Entry | None:
        """The entry of a name, None if there is none; raises ConfigError for one that cannot be used."""
        values = self.by_name.get(name)
        if not values:
            return None
        if len(values) > 1:
            raise ConfigError(f"{self.noun} {name!r} stands there {len(values)} times: keep one of them")

        try:
            return msgspec.convert(values[0] or {}, entry_type)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{self.noun} {name!r}: {_describe(error)}") from error


def read_chosen(path: Path, context: str | None) -> ChosenEntries:
    """Read the entries of a context, by default of the current one.

    Raises ConfigError, which names the file, the entry and what would be right.
    """
    config, raw = _read(path)
    try:
        return _choose(config, raw, context)
    except ConfigError as error:
        raise ConfigError(f"kubeconfig {path}: {error}") from error


def _read(path: Path) -> tuple[KubeconfigDocument, Mapping[str, Any]]:
    try:
        data = path.read_bytes()
        bounded_yaml.check_depth(data, _MAX_DEPTH)
        raw = msgspec.yaml.decode(data)
        return msgspec.convert(raw, KubeconfigDocument), raw
    except OSError as error:
        raise ConfigError(f"kubeconfig {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} is not a kubeconfig: {_describe(error)}") from error


def _choose(config: KubeconfigDocument, raw: Mapping[str, Any], context_name: str | None) -> ChosenEntries:
    if config.kind not in (None, "", "Config") or config.api_version not in (None, "", "v1"):
        raise ConfigError(f"this is {config.api_version} {config.kind}: kubeconfigs are v1 Config")

    contexts, clusters, users = (
        _Entries(noun, dict(_group_by_name(noun, entries)))
        for noun, entries in (
            ("context", config.contexts),
            ("cluster", config.clusters),
            ("user", config.users),
        )
    )
    name, context = _choose_context(contexts, context_name or config.current_context)

    cluster_name, user_name = context.cluster or "", context.user or ""
    cluster = clusters.get(cluster_name, ClusterEntry)
    if cluster is None:
        raise ConfigError(f"context {name!r} names an unknown cluster {cluster_name!r}")
    user = users.get(user_name, UserEntry)

    chosen = {"context": name, "cluster": cluster_name, "user": user_name}
    remarks = [
        *_unknown_fields("", raw, KubeconfigDocument),
        *(remark for entries in (contexts, clusters, users) for remark in _remarks(entries, chosen)),
    ]
    return ChosenEntries(
        name,
        context.namespace or "",
        cluster_name,
        cluster,
        user_name,
        user or UserEntry(),
        user is not None,
        tuple(remarks),
    )


def _choose_context(contexts: _Entries, name: str | None) -> tuple[str, ContextEntry]:
    choice = f"; its contexts: {', '.join(sorted(contexts.by_name)) or 'none'}"
    if not name:
        raise ConfigError(f"no current-context: choose with --context{choice}")

    context = contexts.get(name, ContextEntry)
    if context is None:
        raise ConfigError(f"no context {name!r}{choice}")
    return name, context


def _group_by_name(noun: str, entries: Iterable[Mapping[str, Any]] | None) -> Iterator[tuple[str, list[Any]]]:
    """Each name and what stands below `context`, `cluster` or `user` of the entries with that name."""
    values: dict[str, list[Any]] = {}
    for entry in entries or ():
        values.setdefault(str(entry.get("name") or ""), []).append(entry.get(noun))

    yield from values.items()


def _remarks(entries: _Entries, chosen: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the entries that are not needed, and what nothing reads in the one that is."""
    types: dict[str, type[Struct]] = {"context": ContextEntry, "cluster": ClusterEntry, "user": UserEntry}
    entry_type = types[entries.noun]

    for name, values in entries.by_name.items():
        if name == chosen[entries.noun]:
            yield from _unknown_fields(f"{entries.noun} {name!r}: ", values[0] or {}, entry_type)
            continue
        try:
            entries.get(name, entry_type)
        except ConfigError as error:
            yield f"{error} (not needed here)"


def _unknown_fields(place: str, raw: Mapping[str, Any], entry_type: type[Struct]) -> Iterator[str]:
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(entry_type)}
    for name, value in raw.items():
        if name not in fields:
            yield f"{place}{name}: no such field; nothing reads it"
        elif isinstance(value, Mapping) and (nested := _struct_of(fields[name])) is not None:
            yield from _unknown_fields(f"{place}{name}.", value, nested)


def _struct_of(annotation: Any) -> type[Struct] | None:
    """The Struct in `Struct | None`."""
    for part in getattr(annotation, "__args__", ()):
        if isinstance(part, type) and issubclass(part, Struct):
            return part
    return None


def _describe(error: Exception) -> str:
    # "Expected `str`, got `int` - at `$.exec.command`": the place first, as everywhere.
    # Errors of YAML have several lines.
    text, separator, place = " ".join(str(error).split()).partition(" - at `$.")
    return f"{place.rstrip('`')}: {text}" if separator else text
