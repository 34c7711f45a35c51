"""Merges flags, variables and the file. Each error says where the mistake is and what would be right.

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

from svcdns import value_types
from svcdns.config import config_file, error_messages, settings
from svcdns.config.config_document import ConfigDocument, KeyPath, quote_key
from svcdns.config.config_file import ConfigFile
from svcdns.config.corefile.translation_state import TranslatedCorefile
from svcdns.config.settings import ENV_PREFIX, WEBHOOK_PREFIX, Settings
from svcdns.errors import ConfigError
from svcdns.serve.runtime import host_defaults, last_good

_SERVICE_LINK_VARIABLE = re.compile(
    r"\w*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)"
)
"""Variables that Kubernetes sets for a Service called `svcdns` or `svcdns-...` in the Pod's namespace."""


@dataclass(frozen=True, slots=True)
class SettingsLayer:
    """The values of one origin, and how the place of each value is named.

    `location_has_name` is true if that text already has the setting's name in it, as `--ttl` does.
    """

    values: Mapping[str, Any]
    locate: Callable[[KeyPath], str]
    location_has_name: bool = False


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings, and where each comes from."""

    settings: Settings
    corefile: TranslatedCorefile
    config_paths: tuple[Path, ...]
    """The files that were read. If one changes, the settings may change."""
    layers: tuple[SettingsLayer, ...]
    """In order of precedence: the first layer that has a value counts."""

    def origin(self, *key_path: str | int) -> str | None:
        """Where a setting, or an item of a list, was given; None for a default."""
        return next((layer.locate(key_path) for layer in self.layers if key_path[0] in layer.values), None)

    def is_coredns_default(self, name: str) -> bool:
        """Whether the value is a default of CoreDNS that the Corefile implies, and nothing else gives one."""
        # The last layer is the Corefile itself.
        given_by = (layer for layer in self.layers[:-1] if name in layer.values)
        return name in self.corefile.coredns_defaults and next(given_by, None) is None


def load_settings(flags: Mapping[str, Any]) -> Settings:
    """The settings of these flags (texts by field name), the environment, and the file that they name.

    Raises ConfigError with a line for each mistake.
    """
    return load_with_origins(flags).settings


def load_with_origins(flags: Mapping[str, Any]) -> LoadedSettings:
    """The settings, with where each was given, and remarks on the lines of a Corefile."""
    variables = _read_variables()
    file = _read_config_file(flags.get("config") or variables.get("config"))
    document, corefile = file.document, file.corefile
    written = {
        name: value
        for name, value in document.values.items()
        # A key without a value means the default.
        if name in Settings.model_fields and value is not None
    }
    layers = (
        SettingsLayer(flags, lambda place: flag_name(str(place[0])), location_has_name=True),
        SettingsLayer(variables, lambda place: f"{ENV_PREFIX}{place[0]}".upper(), location_has_name=True),
        SettingsLayer(written, document.location),
        SettingsLayer(corefile.document.values, corefile.document.location),
    )
    where = functools.partial(_locate, layers)
    problems = [
        *_unknown_variables(),
        *_unknown_keys(document),
        *map(corefile.format_diagnostic, corefile.errors),
    ]

    try:
        loaded = Settings(**{**corefile.document.values, **written, **variables, **flags})
        problems += [error_messages.conflict(fault, where) for fault in settings.conflicts(loaded)]
    except ValidationError as error:
        problems += error_messages.describe_errors(error, where)

    if problems:
        raise ConfigError("\n".join(problems), tuple(map(str, file.paths)))

    return LoadedSettings(loaded, corefile, file.paths, layers)


def last_good_path(flags: Mapping[str, Any]) -> Path | None:
    """The file of the last good configuration of these flags and the environment.

    It stands in the state folder of a flag or a variable, or else in the default one; None if there is none.
    What it is called follows from no other file, since that may be the broken one.
    """
    variables = _read_variables()
    written = flags.get("state_dir") or variables.get("state_dir")
    try:
        state_dir = value_types.parse_path(written) if written else host_defaults.default_state_dir()
    except (ValueError, ConfigError):
        return None

    return last_good.path_of(state_dir.absolute(), flags, variables)


def flag_name(setting: str) -> str:
    """`negative_ttl` is `--negative-ttl`, and `webhook_budget` is `--budget` of `svcdns webhook`."""
    return "--" + setting.removeprefix(WEBHOOK_PREFIX).replace("_", "-")


def _read_config_file(path: str | None) -> ConfigFile:
    # Settings refuse such a path with a better message.
    if not path or "\0" in path:
        return ConfigFile()
    return config_file.read_config_file(value_types.parse_path(path))


def _locate(layers: tuple[SettingsLayer, ...], key_path: KeyPath) -> str:
    """Where the value that counts was given, with the setting's name."""
    name = str(key_path[0])
    layer = next((layer for layer in layers if name in layer.values), None)
    if layer is None:
        return name

    return layer.locate(key_path) if layer.location_has_name else f"{layer.locate(key_path)}: {name}"


def _unknown_keys(document: ConfigDocument) -> Iterator[str]:
    for name in document.values:
        if name not in Settings.model_fields:
            suggestion = error_messages.did_you_mean(name, Settings.model_fields)
            advice = f"did you mean {suggestion}?" if suggestion else "`svcdns serve --help` lists all"
            yield f"{document.location((name,))}: {quote_key(name)}: unknown key; {advice}"


def _read_variables() -> dict[str, str]:
    """The settings in the environment. An empty variable counts as not set."""
    values = {_setting_of_variable(name): text for name, text in os.environ.items() if text}
    return {name: values[name] for name in Settings.model_fields if name in values}


def _setting_of_variable(variable: str) -> str | None:
    """The key that a variable stands for, in any case; None without the prefix."""
    name = variable.upper()
    return name.removeprefix(ENV_PREFIX).lower() if name.startswith(ENV_PREFIX) else None


def _unknown_variables() -> Iterator[str]:
    """A message for each variable with the prefix that is no setting, except those that Kubernetes sets."""
    for name in sorted(os.environ):
        field = _setting_of_variable(name)
        if field is None or field in Settings.model_fields:
            continue

        # The pattern begins with the `_` of the prefix: SVCDNS_SERVICE_HOST is one of them.
        if not _SERVICE_LINK_VARIABLE.fullmatch(name, len(ENV_PREFIX) - 1):
            suggestion = error_messages.did_you_mean(field, Settings.model_fields)
            advice = (
                f"did you mean {ENV_PREFIX}{suggestion.upper()}?"
                if suggestion
                else "`svcdns serve --help` lists all"
            )
            yield f"{name}: unknown variable; {advice}"
