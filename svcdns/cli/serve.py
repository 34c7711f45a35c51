"""`svcdns serve`: reads the settings, and returns what `serve/supervisor/entry` starts the server with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from svcdns.cli.help_format import Command
from svcdns.cli.options import with_flags
from svcdns.config.settings import ANSWERS, OUTSIDE, PROCESS, SOURCE
from svcdns.errors import ConfigError

if TYPE_CHECKING:
    from svcdns.serve.runtime.launch_config import Launch

EXAMPLES = """
svcdns serve --manifests deploy/examples
svcdns serve --listen 0.0.0.0:53 --listen [::]:53 --kubeconfig ~/.kube/config
svcdns serve --config svcdns.yaml --log-format json
svcdns serve --config Corefile
SVCDNS_LISTEN=127.0.0.1:5353,[::1]:5353 svcdns serve --manifests web.yaml
"""


app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_flags(SOURCE, ANSWERS, OUTSIDE, PROCESS, positional="manifests")
def serve(flags: dict[str, Any]) -> Launch:
    """Answer DNS queries until stopped.

    Each option is also a key of the file (negative_ttl) and a variable (SVCDNS_NEGATIVE_TTL, lists
    with commas). Options win over variables, these over the file. SIGHUP, or a change of the file, has
    it read again; one that is wrong is refused, and the last good one stays.
    """
    from svcdns.config import launch_builder, loader
    from svcdns.serve.runtime import last_good, launch_config

    try:
        return launch_builder.read(flags)
    except ConfigError as error:
        # A server that restarts with a broken file serves as before, and says so.
        path = loader.last_good_path(flags)
        last = path and last_good.load_last_good(path, flags)
        if not last:
            raise
        return launch_config.with_error(last, error)
