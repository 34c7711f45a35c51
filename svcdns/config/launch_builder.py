"""Makes what `serve` is started with of the flat settings: one listener with one block, for all names."""

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
    """Read flags, environment and file, and build the Launch; raises ConfigError."""
    return launch(loader.load_with_origins(flags))


def launch(loaded: LoadedSettings) -> Launch:
    """Build the Launch of loaded settings; raises ConfigError if they name nothing to serve."""
    # Only for its error: the server chooses again when it starts.
    choose_source(loaded.settings)

    remarks = [
        (logging.INFO if remark.is_harmless else logging.WARNING, loaded.corefile.format_diagnostic(remark))
        for remark in loaded.corefile.diagnostics
    ]
    flags = dict(loaded.layers[0].values)
    return Launch(
        runtime_config(loaded.settings),
        flags,
        tuple(str(path.absolute()) for path in loaded.config_paths),
        tuple(remarks),
        str(loader.last_good_path(flags) or ""),
    )


def runtime_config(settings: Settings) -> RuntimeConfig:
    """The settings, in the classes that use them."""
    # Routes stand in the block, which knows nothing of the flat list of upstreams.
    forwards = part(settings, short_form.Forwards)
    routes = forwards.routes(part(settings, ForwardOptions))
    block = part(settings, Block, routes=routes)
    return part(settings, RuntimeConfig, listeners=(part(settings, Listener, blocks=(block,)),))
