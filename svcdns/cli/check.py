"""`svcdns check`: finds what `serve` would complain about, without serving."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from svcdns import printable_text
from svcdns.cli import inventory
from svcdns.cli.help_format import Command
from svcdns.cli.options import with_loaded
from svcdns.config.corefile.translation_state import TranslatedCorefile
from svcdns.config.loader import LoadedSettings
from svcdns.config.settings import ANSWERS, OUTSIDE, PROCESS, SOURCE, Settings
from svcdns.errors import ConfigError
from svcdns.value_types import ZonePath

EXAMPLES = """
svcdns check deploy/examples
svcdns check --config svcdns.yaml
svcdns check --config Corefile
svcdns check --kubeconfig ~/.kube/config
svcdns check --zonefiles zonefiles --hosts /etc/hosts
kubectl get services,endpointslices -A -o yaml >all.yaml; svcdns check all.yaml
"""


class CheckResult(NamedTuple):
    """The problems in a number of files, and a text that says what would be served of them."""

    problems: Sequence[object]
    file_count: int
    served_text: str = ""


app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_loaded(SOURCE, ANSWERS, OUTSIDE, PROCESS, positional="manifests")
def check(loaded: LoadedSettings) -> int:
    """Look for mistakes in the settings, and in the manifests and other files that they name.

    Prints each problem as `file:line: object: what is wrong`. Ends with 1 where there is one, with 2
    for a wrong setting. Asks no server, and runs no exec plugin. Of a Corefile, each line is named that
    is not supported or would answer otherwise; a note is no problem.
    """
    results = [*_check_corefile(loaded.corefile), *_check_files(loaded.settings)]
    problems = [problem for result in results for problem in result.problems]

    files = sum(result.file_count for result in results)
    for problem in problems:
        print(printable_text.escape(str(problem)))

    if not files and not problems:
        print("The settings are right; there are no files to check.")
        return 0

    served = ", ".join(result.served_text for result in results if result.served_text)
    end = f"; {served} would be served." if served else "."
    where = _count_text(files, "file") if files else "the settings"
    print(f"{_count_text(len(problems), 'problem')} in {where}{end}")

    return 1 if problems else 0


def _check_corefile(corefile: TranslatedCorefile) -> Iterator[CheckResult]:
    """Print the notes on a Corefile; its other remarks are problems."""
    for remark in corefile.diagnostics:
        if remark.is_harmless:
            print(printable_text.escape(corefile.format_diagnostic(remark)))

    if corefile.document.values:
        yield CheckResult(
            [corefile.format_diagnostic(remark) for remark in corefile.diagnostics if not remark.is_harmless],
            1,
        )


def _check_files(settings: Settings) -> Iterator[CheckResult]:
    if settings.manifests:
        yield _check_manifests(settings)
    if settings.kubeconfig:
        yield _check_kubeconfig(settings.kubeconfig, settings.context)

    yield from _check_zone_files(settings)
    if settings.hosts:
        yield _check_hosts(settings)
    if settings.forward:
        yield _check_resolv_confs(settings)
    if settings.forward_ca:
        yield _check_forward_ca(settings.forward_ca)
    if settings.tls_cert and settings.tls_key:
        yield _check_certificate(settings.tls_cert, settings.tls_key)
    if settings.cookie_secret_file:
        yield _check_cookie_secrets(settings.cookie_secret_file)


def _check_manifests(settings: Settings) -> CheckResult:
    loaded = inventory.open_manifests(settings).load()
    return CheckResult(
        loaded.problems, loaded.file_count, _count_text(len(loaded.objects["Service"]), "Service")
    )


def _check_kubeconfig(path: Path, context: str | None) -> CheckResult:
    from svcdns.sources.apiserver.login import kubeconfig_check

    return CheckResult(kubeconfig_check.find_problems(path, context, os.environ), 1)


def _check_zone_files(settings: Settings) -> Iterator[CheckResult]:
    """Check zone files, zones that the cluster hides, and settings that zones hide."""
    # Both import the server's tables, which other checks do not need.
    from svcdns.cli import shadowed_settings
    from svcdns.sources.zonefiles import ZoneFileSet

    loaded = ZoneFileSet(settings.zonefiles).load()
    unserved = list(shadowed_settings.unserved_zones(settings, loaded))
    if settings.zonefiles:
        served = _count_text(len(loaded.zones) - len(unserved), "zone")
        yield CheckResult([*loaded.problems, *unserved], loaded.file_count, served)

    yield CheckResult(
        [
            *shadowed_settings.unreachable_routes(settings, loaded),
            *shadowed_settings.shadowed_rules(settings),
        ],
        0,
    )


def _check_hosts(settings: Settings) -> CheckResult:
    from svcdns.sources.hosts import HostsFileSet

    files = [entry for entry in settings.hosts if isinstance(entry, ZonePath)]
    lines = [str(entry) for entry in settings.hosts if not isinstance(entry, ZonePath)]
    loaded = HostsFileSet(files, lines).load()
    served = f"{_count_text(len(loaded.lines), 'line')} of hosts files"

    return CheckResult(loaded.problems, len(files), served)


def _check_resolv_confs(settings: Settings) -> CheckResult:
    from svcdns.forward.resolvconf import ResolvConf

    paths = {str(entry.target): None for entry in settings.forward if isinstance(entry.target, Path)}
    return CheckResult(
        [problem for path in paths for problem in ResolvConf(path).reload_if_changed()], len(paths)
    )


def _check_forward_ca(ca_file: Path) -> CheckResult:
    from svcdns.forward.upstream_tls import TrustStore

    try:
        TrustStore(str(ca_file)).ssl_context()
    except OSError as error:
        return CheckResult([error], 1)

    return CheckResult((), 1)


def _check_certificate(chain: Path, key: Path) -> CheckResult:
    from svcdns.server_certificate import ServerCertificate

    try:
        ServerCertificate(chain, key, "dot")
    except ConfigError as error:
        return CheckResult([error], 2)

    return CheckResult((), 2)


def _check_cookie_secrets(path: Path) -> CheckResult:
    from svcdns.serve.worker import cookie_keeper

    try:
        cookie_keeper.read_secrets(path)
    except ConfigError as error:
        return CheckResult([error], 1)

    return CheckResult((), 1)


def _count_text(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
