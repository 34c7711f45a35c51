"""`svcdns check`: what `serve` would complain of, without serving."""

import typer

from svcdns.cli import inventory
from svcdns.cli.help import Command
from svcdns.cli.options import with_settings
from svcdns.config.settings import Answers, Process, Settings, Source

EXAMPLES = """
svcdns check deploy/examples
svcdns check --config svcdns.yaml
kubectl get services,endpointslices -A -o yaml >all.yaml; svcdns check all.yaml
"""


app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_settings(Source, Answers, Process, positional="manifests")
def check(settings: Settings) -> int:
    """Look for mistakes in the settings and in manifests.

    Prints each problem as `file:line: object: what is wrong`. Ends with 1 where there is one, with 2
    for a wrong setting.
    """
    if not settings.manifests:
        print("The settings are right; there are no manifests to check.")
        return 0
    loaded = inventory.open_manifests(settings).load()
    for problem in loaded.problems:
        print(problem)
    print(_summary(len(loaded.problems), loaded.files, len(loaded.objects["Service"])))
    return 1 if loaded.problems else 0


def _summary(problems: int, files: int, services: int) -> str:
    found = f"{_count(problems, 'problem')} in {_count(files, 'file')}"
    return f"{found}; {_count(services, 'Service')} would be served."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
