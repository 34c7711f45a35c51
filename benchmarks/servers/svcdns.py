"""svcdns of a checkout: this one, or another one that it is compared with; metrics on."""

import functools
import sys
from pathlib import Path

from benchmarks import processes
from benchmarks.servers.server_types import Server, ServerSite

CHECKOUT = Path(__file__).resolve().parents[2]
"""This checkout."""


def command(interpreter: str, site: ServerSite) -> list[str]:
    """`svcdns serve`; it ends at once on SIGTERM."""
    serve = ["serve", *site.source, "--listen", f"127.0.0.1:{site.port}", "--lameduck", "0"]
    serve += ["--http", f"127.0.0.1:{site.metrics or processes.find_free_port()}"]
    serve += ["--state-dir", str(site.folder / "state"), "--workers", str(site.workers)]

    if site.tls:
        serve += ["--listen", f"tls://127.0.0.1:{site.tls.port}"]
        serve += ["--tls-cert", str(site.tls.certificate), "--tls-key", str(site.tls.key)]
    if site.upstream:
        serve += ["--forward", f"127.0.0.1:{site.upstream}"]

    return [interpreter, "-m", "svcdns", *serve]


def make_server(name: str, checkout: Path, interpreter: str) -> Server:
    """svcdns with the code of a checkout, which comes before an installed svcdns.

    `python -m` looks for modules in the current folder first, so the checkout is where it is started.
    """
    return Server(
        name=name,
        title=name,
        program=interpreter,
        package="svcdns",
        version=(interpreter, "-m", "svcdns", "--version"),
        command=functools.partial(command, interpreter),
        folder=checkout,
    )


SERVER = make_server("svcdns", CHECKOUT, sys.executable)
