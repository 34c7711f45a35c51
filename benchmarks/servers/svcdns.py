"""This checkout, with this interpreter; metrics on."""

import sys

from benchmarks import processes
from benchmarks.servers.server_types import Server, ServerSite


def command(site: ServerSite) -> list[str]:
    """`svcdns serve`; it ends at once when it is told to."""
    serve = ["serve", *site.source, "--listen", f"127.0.0.1:{site.port}", "--lameduck", "0"]
    serve += ["--http", f"127.0.0.1:{processes.find_free_port()}"]
    serve += ["--state-dir", str(site.folder / "state"), "--workers", str(site.workers)]
    if site.tls:
        serve += ["--listen", f"tls://127.0.0.1:{site.tls.port}"]
        serve += ["--tls-cert", str(site.tls.certificate), "--tls-key", str(site.tls.key)]
    if site.upstream:
        serve += ["--forward", f"127.0.0.1:{site.upstream}"]
    return [sys.executable, "-m", "svcdns", *serve]


SERVER = Server(
    "svcdns", "svcdns", sys.executable, "svcdns", (sys.executable, "-m", "svcdns", "--version"), command
)
