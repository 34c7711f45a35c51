"""Brings flags, variables and the file together; a fault says where it stands and what would be right.

flag > SVCDNS_... variable > key of the file > Corefile > default
"""

import functools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from svcdns.config import configfile, explain, settings, values
from svcdns.config.configfile import ConfigFile
from svcdns.config.corefile.translation import Corefile
from svcdns.config.document import Document, Place, shown
from svcdns.config.settings import ENV_PREFIX, WEBHOOK_PREFIX, Settings
from svcdns.errors import ConfigError

_SERVICE_LINK = re.compile(r"\w*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")
"""What Kubernetes sets for a Service called `svcdns` or `svcdns-...` of the Pod's namespace."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The values of one place, and how the place of each is called, with or without its name."""

    values: Mapping[str, Any]
    where: Callable[[Place], str]
    has_name: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and how they came about."""

    settings: Settings
    corefile: Corefile
    files: tuple[Path, ...]
    """That were read; a change of one may change the settings."""
    layers: tuple[Layer, ...]
    """The first one that has a value gives it."""

    def origin(self, *place: str | int) -> str | None:
        """Where a setting, or an item of a list, was given; None of a default."""
        return next((layer.where(place) for layer in self.layers if place[0] in layer.values), None)

    def is_implied(self, name: str) -> bool:
        """Whether it is a default of CoreDNS's, where it was not given."""
        given = (layer for layer in self.layers[:-1] if name in layer.values)
        return name in self.corefile.implied and next(given, None) is None


def load(flags: Mapping[str, Any]) -> Settings:
    """The settings of these flags (texts by field name), the environment and the file they name.

    Raises ConfigError: a line for each fault.
    """
    return read(flags).settings


def read(flags: Mapping[str, Any]) -> Loaded:
    """The same, with where each value was given and what a Corefile's lines did not become."""
    variables = _variables()
    file = _read_file(flags.get("config") or variables.get("config"))
    document, corefile = file.document, file.corefile
    written = {
        name: value
        for name, value in document.values.items()
        if name in Settings.model_fields and value is not None  # nothing behind a key: the default
    }
    layers = (
        Layer(flags, lambda place: flag_name(str(place[0])), has_name=True),
        Layer(variables, lambda place: f"{ENV_PREFIX}{place[0]}".upper(), has_name=True),
        Layer(written, document.where),
        Layer(corefile.document.values, corefile.document.where),
    )
    where = functools.partial(_where, layers)
    problems = [*_unknown_variables(), *_unknown_keys(document), *map(corefile.say, corefile.errors)]
    try:
        found = Settings(**{**corefile.document.values, **written, **variables, **flags})
        problems += [explain.conflict(one, where) for one in settings.conflicts(found)]
    except ValidationError as error:
        problems += explain.problems(error, where)
    if problems:
        raise ConfigError("\n".join(problems), tuple(map(str, file.paths)))
    return Loaded(found, corefile, file.paths, layers)


def state_dir(flags: Mapping[str, Any]) -> Path:
    """The state folder, where no file is to be read for it: of a flag, a variable, or the default."""
    given = {**_variables(), **flags}
    try:
        found = Settings.model_validate({name: given[name] for name in given if name == "state_dir"})
    except ValidationError:
        found = Settings.model_validate({})
    path: Path = found.state_dir
    return path


def flag_name(field: str) -> str:
    """`negative_ttl` is `--negative-ttl`, and `webhook_budget` is `--budget` of `svcdns webhook`."""
    return "--" + field.removeprefix(WEBHOOK_PREFIX).replace("_", "-")


def _read_file(path: str | None) -> ConfigFile:
    if not path or "\0" in path:  # the settings refuse it
        return ConfigFile()
    return configfile.read(values.path(path))


def _where(layers: tuple[Layer, ...], place: Place) -> str:
    """Where the value that counts was given, and the setting's name."""
    name = str(place[0])
    layer = next((layer for layer in layers if name in layer.values), None)
    if layer is None:
        return name
    return layer.where(place) if layer.has_name else f"{layer.where(place)}: {name}"


def _unknown_keys(document: Document) -> Iterator[str]:
    for name in document.values:
        if name not in Settings.model_fields:
            known = explain.did_you_mean(name, Settings.model_fields)
            advice = f"did you mean {known}?" if known else "`svcdns serve --help` lists all"
            yield f"{document.where((name,))}: {shown(name)}: unknown key; {advice}"


def _variables() -> dict[str, str]:
    """The settings of the environment; an empty variable is as if it were not set."""
    given = {_field_of(name): text for name, text in os.environ.items() if text}
    return {name: given[name] for name in Settings.model_fields if name in given}


def _field_of(variable: str) -> str | None:
    """The setting that a variable would be, in capitals or not; None without our prefix."""
    name = variable.upper()
    return name.removeprefix(ENV_PREFIX).lower() if name.startswith(ENV_PREFIX) else None


def _unknown_variables() -> Iterator[str]:
    """Variables with our prefix that nobody reads; Kubernetes' own are none of ours."""
    for name in sorted(os.environ):
        field = _field_of(name)
        if field is None or field in Settings.model_fields:
            continue
        if not _SERVICE_LINK.fullmatch(name, len(ENV_PREFIX) - 1):
            known = explain.did_you_mean(field, Settings.model_fields)
            advice = (
                f"did you mean {ENV_PREFIX}{known.upper()}?" if known else "`svcdns serve --help` lists all"
            )
            yield f"{name}: unknown variable; {advice}"
