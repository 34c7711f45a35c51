"""A server that runs: started on its cores and a free loopback port, asked until it answers, and stopped."""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.query
import dns.rcode

from benchmarks import cluster, processes
from benchmarks.servers.server_types import Server, ServerSite

REMOVED_VARIABLE_PREFIXES = ("SVCDNS_", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH", "PYTHONPATH")
"""Variables that a server does not get: settings, and what makes each start compile all modules again or
takes the code of another checkout. The texts are the beginnings of their names."""

START_LIMIT = 120.0
"""Seconds until a server must answer."""

STOP_LIMIT = 15.0
"""Seconds that a server may take to end before it is killed."""


class ServerError(Exception):
    """A server did not start; the text ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers on 127.0.0.1."""

    server: Server
    pid: int
    site: ServerSite


def is_installed(server: Server) -> bool:
    """Its program is there."""
    return shutil.which(server.program, path=search_path()) is not None


def search_path() -> str:
    """Debian's daemons are in /usr/sbin, which a user's PATH lacks."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))


def make_environment() -> dict[str, str]:
    """The variables of this process that a server gets."""
    kept_variables = {
        name: value for name, value in os.environ.items() if not name.startswith(REMOVED_VARIABLE_PREFIXES)
    }
    return kept_variables | {"PATH": search_path()}


def read_version(server: Server) -> str:
    """The number that its program prints, or `?`."""
    done = subprocess.run(
        server.version,
        cwd=server.folder,
        env=make_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    version = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return version[0] if version else "?"


@contextlib.contextmanager
def run_server(server: Server, site: ServerSite, cores: Sequence[int]) -> Iterator[RunningServer]:
    """Start the server on these cores, wait until it answers; end it by its pid. Raises ServerError."""
    with launch_server(server, site, cores) as process:
        wait_until_ready(server, site, process)
        yield RunningServer(server, process.pid, site)


@contextlib.contextmanager
def launch_server(
    server: Server, site: ServerSite, cores: Sequence[int]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the server, and do not wait for it; what it logs is in the site's folder."""
    site.folder.mkdir(parents=True, exist_ok=True)
    with (site.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            processes.pin_command(cores, server.command(site)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=server.folder,
            env=make_environment(),
        )

    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(server: Server, site: ServerSite, process: "subprocess.Popen[bytes]") -> None:
    """Until the last record that every server loads is answered."""
    question = dns.message.make_query(f"kube-dns.kube-system.svc.{cluster.ZONE}.", "A")
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(dns.exception.DNSException, OSError):
            reply = dns.query.udp(question, "127.0.0.1", port=site.port, timeout=0.5)
            if reply.rcode() == dns.rcode.NOERROR and reply.answer:
                return
        time.sleep(0.1)

    raise did_not_start(server, site)


def did_not_start(server: Server, site: ServerSite) -> ServerError:
    """With what the server said last."""
    tail = (site.folder / "log").read_text(errors="replace").splitlines()[-8:]
    return ServerError(f"{server.title} did not start:\n" + "\n".join(f"    {line}" for line in tail))
