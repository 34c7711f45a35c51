"""The tools that people ask with print what they should, and complain about nothing: `tools.txt`."""

import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests import clients, server
from tests.certificates import make_certificate
from tests.patience import PATIENCE

_COMPLAINT = re.compile("malformed|bad packet|mismatch|extra bytes|timed out|failed to query")


@dataclass(frozen=True, slots=True)
class Session:
    """A command, whether it goes to the TLS port, and how many lines each text is wanted on (None: any)."""

    command: tuple[str, ...]
    tls: bool
    wanted: tuple[tuple[int | None, str], ...]

    def __str__(self) -> str:
        return " ".join(self.command)


@dataclass(frozen=True, slots=True)
class Ports:
    """Those of the server, on 127.0.0.1."""

    plain: int
    tls: int


def _session(text: str) -> Session:
    first, *lines = text.splitlines()
    prompt, *command = first.split()
    return Session(tuple(command), prompt == "tls$", tuple(map(_wanted, lines)))


def _wanted(line: str) -> tuple[int | None, str]:
    counted = re.match(r"(\d+) x ", line)
    return (int(counted[1]), line[counted.end() :]) if counted else (None, line)


def _sessions(text: str) -> list[Session]:
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    return [_session(paragraph) for paragraph in re.split(r"\n\n+", text.strip())]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ports(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ports]:
    folder = tmp_path_factory.mktemp("tools")
    certificate, key = make_certificate(folder)
    tls = server.free_port()
    extra = ["--listen", f"tls://127.0.0.1:{tls}", "--tls-cert", str(certificate), "--tls-key", str(key)]
    async with server.running(folder, *clients.serve_arguments(folder), *extra) as running:
        yield Ports(running.address[1], tls)


@pytest.mark.parametrize("session", _sessions((clients.FOLDER / "tools.txt").read_text()), ids=str)
def test_tool(session: Session, ports: Ports, tmp_path: Path) -> None:
    tool, *arguments = session.command
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")

    done = subprocess.run(
        [tool, "@127.0.0.1", "-p", str(ports.tls if session.tls else ports.plain), *arguments],
        env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        text=True,
    )
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    wrong = [text for count, text in session.wanted if not _on(lines, count, text)]
    wrong += [line for line in lines if _COMPLAINT.search(line)]

    assert not wrong, done.stdout


def _on(lines: list[str], count: int | None, text: str) -> bool:
    result = sum(text in line for line in lines)
    return result > 0 if count is None else result == count
