"""From the flat settings to what a server is told: one listener with one block, for all names."""

import logging
from collections.abc import Mapping
from typing import Any

from svcdns.config import loader, short_form
from svcdns.config.loader import LoadedSettings
from svcdns.config.object_source import choose_source
from svcdns.config.settings import Settings, part
from svcdns.forward.options import ForwardOptions
from svcdns.serve.runtime.launch_config import Launch
from svcdns.serve.runtime.runtime_config import Block, Listener, RuntimeConfig


def read(flags: Mapping[str, Any]) -> Launch:
    """What these flags, the environment and the file they name ask for now; raises ConfigError."""
    return launch(loader.load_with_origins(flags))


def launch(loaded: LoadedSettings) -> Launch:
    """The same of settings that were read; raises ConfigError where nothing is to be served."""
    choose_source(loaded.settings)
    remarks = [
        (logging.INFO if remark.is_harmless else logging.WARNING, loaded.corefile.format_diagnostic(remark))
        for remark in loaded.corefile.diagnostics
    ]
    return Launch(
        runtime_config(loaded.settings),
        dict(loaded.layers[0].values),
        tuple(str(path.absolute()) for path in loaded.config_paths),
        tuple(remarks),
    )


def runtime_config(settings: Settings) -> RuntimeConfig:
    """The settings in the classes that use them."""
    forwards = part(settings, short_form.Forwards)
    routes = forwards.routes(part(settings, ForwardOptions))
    block = part(settings, Block, routes=routes)
    return part(settings, RuntimeConfig, listeners=(part(settings, Listener, blocks=(block,)),))
