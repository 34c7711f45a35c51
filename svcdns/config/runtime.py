"""From the flat settings to what a server is told: one listener with one block, for all names."""

import logging
from collections.abc import Mapping
from typing import Any

from svcdns.config import loader, short_form
from svcdns.config.loader import Loaded
from svcdns.config.settings import Settings, part
from svcdns.config.source import source_of
from svcdns.forward.options import ForwardOptions
from svcdns.serve.launch import Launch
from svcdns.serve.runtime_config import Block, Listener, RuntimeConfig


def read(flags: Mapping[str, Any]) -> Launch:
    """What these flags, the environment and the file they name ask for now; raises ConfigError."""
    return launch(loader.read(flags))


def launch(loaded: Loaded) -> Launch:
    """The same of settings that were read; raises ConfigError where nothing is to be served."""
    source_of(loaded.settings)
    remarks = [
        (logging.INFO if remark.harmless else logging.WARNING, loaded.corefile.say(remark))
        for remark in loaded.corefile.remarks
    ]
    return Launch(
        runtime_config(loaded.settings),
        dict(loaded.layers[0].values),
        tuple(str(path.absolute()) for path in loaded.files),
        tuple(remarks),
    )


def runtime_config(settings: Settings) -> RuntimeConfig:
    """The settings in the classes that use them."""
    forwards = part(settings, short_form.Forwards)
    routes = forwards.routes(part(settings, ForwardOptions))
    block = part(settings, Block, routes=routes)
    return part(settings, RuntimeConfig, listeners=(part(settings, Listener, blocks=(block,)),))
