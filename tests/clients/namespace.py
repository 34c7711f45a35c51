"""A network of its own, as a Pod has it: its loopback, its resolv.conf, and the server on port 53.

    converse (in the tests) -- unshare --> main (in the namespaces) --> the server, and its upstream
                                                                    --> the programs

Needs no root. Whatever happens, the namespace of processes ends, and all in it.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import msgspec
import pytest

from tests import server, upstream
from tests.patience import PATIENCE

UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child")

NAMESERVERS = ("127.0.0.1", "::1")

_REPOSITORY = Path(__file__).parents[2]
_RESOLV_CONF = """\
search default.svc.cluster.local svc.cluster.local cluster.local
nameserver {}
options ndots:5 timeout:30 attempts:1
"""
# What a Pod has of these; this machine's may know other sources, or our names.
_FILES = {
    "/etc/resolv.conf": _RESOLV_CONF,
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}
# An address that is not loopback's: without one some resolvers leave its family out.
_NETWORK = """\
ip link set lo up
ip address add 10.244.9.1/32 dev lo
ip address add fd00:244:9::1/128 dev lo
"""


class Run(msgspec.Struct, frozen=True):
    """A program to start, and the lines to give it."""

    name: str
    command: list[str]
    environment: dict[str, str]
    lines: list[str]


class Job(msgspec.Struct, frozen=True):
    """What is to be done in the namespace."""

    folder: str
    arguments: list[str]
    runs: list[Run]


class Outcome(msgspec.Struct, frozen=True):
    """The replies by nameserver and program; without a nameserver whose family is off here."""

    replies: dict[str, dict[str, list[str]]]
    log: str


def refusal() -> str:
    """Why no such namespace can be had here; empty where it can."""
    for command in ("unshare", "mount", "ip"):
        if shutil.which(command) is None:
            return f"{command} is not installed"

    if subprocess.run([*UNSHARE, "true"], capture_output=True, timeout=PATIENCE).returncode:
        return "unshare may not make user namespaces here"

    return ""


def converse(folder: Path, arguments: Iterable[str], runs: Iterable[Run]) -> Outcome:
    """Start the server with these arguments, and hold each program's conversation with it."""
    job = Job(str(folder), list(arguments), list(runs))
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", __name__],
        cwd=_REPOSITORY,
        input=msgspec.json.encode(job),
        capture_output=True,
    )
    if done.returncode:
        # Without a traceback: a fixture's is as long as the job, and says nothing more.
        last_line = done.stderr.decode().strip().rpartition("\n")[2]
        pytest.fail(f"the job in the namespaces ended with {done.returncode}: {last_line}", pytrace=False)

    return msgspec.json.decode(done.stdout, type=Outcome)


async def main() -> None:
    """Within the namespaces: a job from standard input, its outcome to standard output."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    folder = Path(job.folder)
    _start_network()
    resolv_conf = _mount_files(folder)
    nameservers = [each for each in NAMESERVERS if ":" not in each or _has_ipv6()]
    replies = {}
    async with _serving(folder, job.arguments, nameservers) as running:
        for nameserver in nameservers:
            resolv_conf.write_text(_RESOLV_CONF.format(nameserver))
            held = await asyncio.gather(*map(_hold, job.runs))
            replies[nameserver] = {run.name: output for run, output in zip(job.runs, held, strict=True)}

    sys.stdout.buffer.write(msgspec.json.encode(Outcome(replies, running.log.read_text())))


@contextlib.asynccontextmanager
async def _serving(
    folder: Path, arguments: list[str], nameservers: list[str]
) -> AsyncIterator[server.Server]:
    """The server on port 53 of these addresses, with the tests' upstream for the names outside."""
    extra = [argument for each in nameservers[1:] for argument in ("--listen", f"[{each}]:53")]
    async with upstream.serve() as port:
        forward = ["--forward", f"127.0.0.1:{port}"]
        async with server.running(folder, *arguments, *extra, *forward, port=53) as running:
            yield running


def _start_network() -> None:
    """The addresses; where IPv6 is off, only those of IPv4."""
    subprocess.run(["sh", "-c", _NETWORK], stderr=subprocess.DEVNULL)


def _mount_files(folder: Path) -> Path:
    """Put our files over the machine's, as far as it has them; the one of resolv.conf."""
    for path, text in _FILES.items():
        ours = folder / Path(path).name
        ours.write_text(text)
        if path == "/etc/resolv.conf" or Path(path).exists():
            subprocess.run(["mount", "--bind", str(ours), path], check=True)

    return folder / "resolv.conf"


def _has_ipv6() -> bool:
    """Whether our loopback has its IPv6 address."""
    known_values = Path("/proc/net/if_inet6")
    return known_values.exists() and f"{1:032x} " in known_values.read_text()


async def _hold(run: Run) -> list[str]:
    """One conversation; where it breaks off, the last reply is the reason."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *run.command, env={**environment, **run.environment}, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    replies: list[str] = []
    try:
        await _talk(process, run.lines, replies)
    except (TimeoutError, ConnectionError, EOFError) as error:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        _, output = await process.communicate()
        replies.append(f"{type(error).__name__} {output.decode()}")

    return replies


async def _talk(process: asyncio.subprocess.Process, lines: list[str], replies: list[str]) -> None:
    assert process.stdin and process.stdout
    if await asyncio.wait_for(process.stdout.readline(), PATIENCE) != b"ready\n":
        raise EOFError

    for line in lines:
        process.stdin.write(f"{line}\n".encode())
        reply = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        if not reply:
            raise EOFError
        replies.append(reply.decode().strip())

    process.stdin.close()
    await asyncio.wait_for(process.wait(), PATIENCE)


if __name__ == "__main__":
    asyncio.run(main())
