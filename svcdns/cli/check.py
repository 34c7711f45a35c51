"""`svcdns check`: what `serve` would complain of, without serving."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from svcdns.cli import inventory
from svcdns.cli.help import Command
from svcdns.cli.options import with_loaded
from svcdns.config.corefile.translation import Corefile
from svcdns.config.loader import Loaded
from svcdns.config.settings import ANSWERS, OUTSIDE, PROCESS, SOURCE, Settings
from svcdns.errors import HostsFileError, ZoneFileError

EXAMPLES = """
svcdns check deploy/examples
svcdns check --config svcdns.yaml
svcdns check --config Corefile
svcdns check --zonefiles zonefiles --hosts /etc/hosts
kubectl get services,endpointslices -A -o yaml >all.yaml; svcdns check all.yaml
"""


class Looked(NamedTuple):
    """What was found in so many files, and what of them would be served."""

    problems: Sequence[object]
    files: int
    served: str = ""


app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_loaded(SOURCE, ANSWERS, OUTSIDE, PROCESS, positional="manifests")
def check(loaded: Loaded) -> int:
    """Look for mistakes in the settings, and in the manifests and other files that they name.

    Prints each problem as `file:line: object: what is wrong`. Ends with 1 where there is one, with 2
    for a wrong setting. Asks no server. Of a Corefile, each line is named that is not supported or
    would answer otherwise; a note is no problem.
    """
    found = [*_corefile(loaded.corefile), *_look(loaded.settings)]
    problems = [problem for looked in found for problem in looked.problems]
    files = sum(looked.files for looked in found)
    for problem in problems:
        print(problem)
    if not files and not problems:
        print("The settings are right; there are no files to check.")
        return 0
    served = ", ".join(looked.served for looked in found if looked.served)
    end = f"; {served} would be served." if served else "."
    where = _count(files, "file") if files else "the settings"
    print(f"{_count(len(problems), 'problem')} in {where}{end}")
    return 1 if problems else 0


def _corefile(corefile: Corefile) -> Iterator[Looked]:
    """What its lines do not become."""
    for remark in corefile.remarks:
        if remark.harmless:
            print(corefile.say(remark))
    if corefile.document.values:
        yield Looked([corefile.say(remark) for remark in corefile.remarks if not remark.harmless], 1)


def _look(settings: Settings) -> Iterator[Looked]:
    if settings.manifests:
        yield _manifests(settings)
    yield from _zone_files(settings)
    if settings.hosts:
        yield _hosts(settings)
    if settings.forward:
        yield _resolv_confs(settings)
    if settings.forward_ca:
        yield _authorities(settings.forward_ca)


def _manifests(settings: Settings) -> Looked:
    loaded = inventory.open_manifests(settings).load()
    return Looked(loaded.problems, loaded.files, _count(len(loaded.objects["Service"]), "Service"))


def _zone_files(settings: Settings) -> Iterator[Looked]:
    """These, and the settings that they hide, or the cluster's zones."""
    from svcdns.cli import hidden
    from svcdns.sources.zonefiles import Zones

    zones = Zones(settings.zonefiles)
    try:
        loaded = zones.load()
    except ZoneFileError as error:
        yield Looked([error], len(settings.zonefiles))
        return
    unserved = list(hidden.zones(settings, loaded))
    if settings.zonefiles:
        served = _count(len(loaded.zones) - len(unserved), "zone")
        yield Looked([*loaded.problems, *unserved], loaded.files, served)
    yield Looked([*hidden.routes(settings, loaded), *hidden.rules(settings)], 0)


def _hosts(settings: Settings) -> Looked:
    from svcdns.sources.hosts import Hosts

    files = [entry for entry in settings.hosts if isinstance(entry, Path)]
    lines = [str(entry) for entry in settings.hosts if not isinstance(entry, Path)]
    try:
        loaded = Hosts(files, lines).load()
    except HostsFileError as error:
        return Looked([error], len(files))
    served = f"{_count(len(loaded.lines), 'line')} of hosts files"
    return Looked(loaded.problems, len(files), served)


def _resolv_confs(settings: Settings) -> Looked:
    from svcdns.forward.resolvconf import ResolvConf

    paths = {str(one.to): None for one in settings.forward if isinstance(one.to, Path)}
    return Looked([problem for path in paths for problem in ResolvConf(path).look()], len(paths))


def _authorities(file: Path) -> Looked:
    from svcdns.forward.tls import Authorities

    try:
        Authorities(str(file)).context()
    except OSError as error:
        return Looked([error], 1)
    return Looked((), 1)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
