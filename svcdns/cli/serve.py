"""`svcdns serve`: the settings, then the supervisor."""

import typer

from svcdns.cli.help import Command
from svcdns.cli.options import with_settings
from svcdns.config.outside import Outside
from svcdns.config.settings import Answers, Process, Settings, Source
from svcdns.config.source import source_of

EXAMPLES = """
svcdns serve --manifests deploy/examples
svcdns serve --listen 0.0.0.0:53 --listen [::]:53 --kubeconfig ~/.kube/config
svcdns serve --config svcdns.yaml --log-format json
SVCDNS_LISTEN=127.0.0.1:5353,[::1]:5353 svcdns serve --manifests web.yaml
"""


app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_settings(Source, Answers, Outside, Process, positional="manifests")
def serve(settings: Settings) -> int:
    """Answer DNS queries until stopped.

    Each option is also a key of the file (negative_ttl) and a variable (SVCDNS_NEGATIVE_TTL, lists
    with commas). Options win over variables, these over the file.
    """
    origin = source_of(settings)
    from svcdns.serve import launch

    launch.start(settings, origin)
