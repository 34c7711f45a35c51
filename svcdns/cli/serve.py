"""`svcdns serve`: the settings, then the supervisor."""

import logging

import typer

from svcdns import logs
from svcdns.cli.help import Command
from svcdns.cli.options import with_loaded
from svcdns.config.loader import Loaded
from svcdns.config.outside import Outside
from svcdns.config.settings import Answers, Process, Source
from svcdns.config.source import source_of

log = logging.getLogger("svcdns.config")

EXAMPLES = """
svcdns serve --manifests deploy/examples
svcdns serve --listen 0.0.0.0:53 --listen [::]:53 --kubeconfig ~/.kube/config
svcdns serve --config svcdns.yaml --log-format json
svcdns serve --config Corefile
SVCDNS_LISTEN=127.0.0.1:5353,[::1]:5353 svcdns serve --manifests web.yaml
"""


app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_loaded(Source, Answers, Outside, Process, positional="manifests")
def serve(loaded: Loaded) -> int:
    """Answer DNS queries until stopped.

    Each option is also a key of the file (negative_ttl) and a variable (SVCDNS_NEGATIVE_TTL, lists
    with commas). Options win over variables, these over the file.
    """
    origin = source_of(loaded.settings)
    _tell(loaded)
    from svcdns.serve import launch

    launch.start(loaded.settings, origin)


def _tell(loaded: Loaded) -> None:
    """Log what the lines of a Corefile do not become."""
    remarks = loaded.corefile.remarks
    if remarks:
        logs.setup(loaded.settings.log_level, loaded.settings.log_format)
    for remark in remarks:
        level = logging.INFO if remark.harmless else logging.WARNING
        log.log(level, "%s", loaded.corefile.say(remark))
