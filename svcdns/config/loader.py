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

from svcdns.config import explain, values, yamlfile
from svcdns.config.settings import ENV_PREFIX, Settings
from svcdns.config.yamlfile import Document, Place
from svcdns.errors import ConfigError

_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")
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
    document = _read_file(flags, variables)
    layers = (
        Layer(flags, lambda place: flag_name(str(place[0]))),
        Layer(variables, lambda place: f"{ENV_PREFIX}{place[0]}".upper()),
        Layer(document.values, lambda place: f"{document.where(place)}: {place[0]}"),
    )
    problems = [*_unknown_variables()]
    try:
        settings = Settings(**{**document.values, **variables, **flags})
    except ValidationError as error:
        problems += explain.problems(error, lambda place: _where(layers, place))
    if problems:
        raise ConfigError("\n".join(problems))
    return settings


def flag_name(field: str) -> str:
    """`negative_ttl` is `--negative-ttl`."""
    return "--" + field.replace("_", "-")


def _read_file(flags: Mapping[str, Any], variables: Mapping[str, Any]) -> Document:
    path = flags.get("config") or variables.get("config")
    if not path:
        return Document(Path())
    document = yamlfile.read(values.path(path))
    if "config" in document.values:
        raise ConfigError(f"{document.where(('config',))}: config: a file cannot name another one")
    return document


def _where(layers: tuple[Layer, ...], place: Place) -> str:
    """Where the value that counts was given; else the setting's name."""
    return next((layer.where(place) for layer in layers if place[0] in layer.values), str(place[0]))


def _unknown_variables() -> Iterator[str]:
    for name in sorted(os.environ):
        field = name.upper().removeprefix(ENV_PREFIX)
        if field == name.upper() or field.lower() in Settings.model_fields:
            continue
        if not _SERVICE_LINK.fullmatch(name[len(ENV_PREFIX) - 1 :]) and not _SERVICE_LINK.search(name):
            known = explain.did_you_mean(field.lower(), Settings.model_fields)
            yield f"{name}: unknown variable" + (
                f"; did you mean {ENV_PREFIX}{known.upper()}?" if known else ""
            )
