"""Brings flags, variables and the file together; a fault says where it stands and what would be right.

flag > SVCDNS_... variable > key of the file > default
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from svcdns.config import explain, values, webhook, yamlfile
from svcdns.config.settings import ENV_PREFIX, Settings
from svcdns.config.yamlfile import Document, Place
from svcdns.errors import ConfigError

_SERVICE_LINK = re.compile(r"\w*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")
"""What Kubernetes sets for a Service called `svcdns` or `svcdns-...` of the Pod's namespace."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The values of one place, and how that place is called in an error."""

    values: Mapping[str, Any]
    where: Callable[[Place], str]


def load(flags: Mapping[str, Any]) -> Settings:
    """The settings of these flags (texts by field name), the environment and the file they name.

    Raises ConfigError: a line for each fault.
    """
    variables = EnvSettingsSource(Settings)()
    document = _read_file(flags.get("config") or variables.get("config"))
    written = {
        name: value
        for name, value in document.values.items()
        if name in Settings.model_fields and value is not None  # nothing behind a key: the default
    }
    layers = (
        Layer(flags, lambda place: flag_name(str(place[0]))),
        Layer(variables, lambda place: f"{ENV_PREFIX}{place[0]}".upper()),
        Layer(written, lambda place: f"{document.where(place)}: {place[0]}"),
    )
    problems = [*_unknown_variables(), *_unknown_keys(document)]
    try:
        settings = Settings(**{**written, **variables, **flags})
    except ValidationError as error:
        problems += explain.problems(error, lambda place: _where(layers, place))
    if problems:
        raise ConfigError("\n".join(problems))
    return settings


def flag_name(field: str) -> str:
    """`negative_ttl` is `--negative-ttl`, and `webhook_budget` is `--budget` of `svcdns webhook`."""
    return "--" + field.removeprefix(webhook.PREFIX).replace("_", "-")


def _read_file(path: str | None) -> Document:
    if not path or "\0" in path:  # the settings refuse it
        return Document(Path())
    document = yamlfile.read(values.path(path))
    if "config" in document.values:
        raise ConfigError(f"{document.where(('config',))}: config: a file cannot name another one")
    return document


def _where(layers: tuple[Layer, ...], place: Place) -> str:
    """Where the value that counts was given; else the setting's name."""
    return next((layer.where(place) for layer in layers if place[0] in layer.values), str(place[0]))


def _unknown_keys(document: Document) -> Iterator[str]:
    for name in document.values:
        if name not in Settings.model_fields:
            known = explain.did_you_mean(name, Settings.model_fields)
            advice = f"did you mean {known}?" if known else "`svcdns serve --help` lists all"
            yield f"{document.where((name,))}: {yamlfile.shown(name)}: unknown key; {advice}"


def _unknown_variables() -> Iterator[str]:
    """Variables with our prefix that nobody reads; Kubernetes' own are none of ours."""
    for name in sorted(os.environ):
        field = name.lower().removeprefix(ENV_PREFIX.lower())
        if field == name.lower() or field in Settings.model_fields:
            continue
        if not _SERVICE_LINK.fullmatch(name, len(ENV_PREFIX) - 1):
            known = explain.did_you_mean(field, Settings.model_fields)
            advice = (
                f"did you mean {ENV_PREFIX}{known.upper()}?" if known else "`svcdns serve --help` lists all"
            )
            yield f"{name}: unknown variable; {advice}"
