"""What import-linter cannot see: which libraries a process has really loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import running, server
from tests.serve import manifests

HEAVY = {
    "aiohttp",
    "dns",
    "kubernetes_asyncio",
    "prometheus_client",
    "pydantic",
    "re2",
    "rich",
    "typer",
    "yaml",
}

READ = "from svcdns.cli import app; app.run_for_result(['serve', '--manifests', '.'])"
CERTS = "from svcdns.cli import app; app.run_for_result(['webhook', 'certs'])"


def printed(code: str, **environment: str) -> str:
    """What a fresh interpreter says."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment)
    return done.stdout


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        pytest.param(
            "import svcdns.serve.supervisor.entry", {"asyncio", "msgspec"}, id="signals are heeded first"
        ),
        pytest.param("import svcdns.serve.supervisor.supervisor", HEAVY, id="workers are forked from it"),
        pytest.param(
            READ, HEAVY - {"pydantic", "typer"} | {"lmdb", "uvloop"}, id="it ends with the settings"
        ),
        pytest.param(CERTS, {"aiohttp", "kubernetes_asyncio"}, id="a certificate needs no API server"),
    ],
)
def test_a_start_imports_what_it_needs_and_no_more(code: str, missing: set[str]) -> None:
    found = printed(f"import sys; {code}; print(*sys.modules)")
    assert missing.isdisjoint(found.split())


def test_aiohttp_reads_no_certificates() -> None:
    """Its import is to be fast; and who comes later finds the variable as it was."""
    code = (
        "import os, ssl; from svcdns.http import aiohttp; from aiohttp import connector;"
        "print(os.environ.get('SSL_CERT_FILE'), connector._SSL_CONTEXT_VERIFIED.cert_store_stats()['x509'])"
    )
    assert printed(code, SSL_CERT_FILE="own.pem") == "own.pem 0\n"


async def test_each_process_has_its_own_libraries(tmp_path: Path) -> None:
    """Those with machine code are seen from outside, in proc_pid_maps(5)."""
    folder, port = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    async with server.running(
        tmp_path, "--manifests", str(folder), "--http", f"127.0.0.1:{port}", "--workers", "1"
    ) as found:
        supervisor = found.process.pid
        (worker,) = running.workers(supervisor)
        assert "/uvloop/" in mapped(worker) and "/aiohttp/" not in mapped(worker)
        assert "/aiohttp/" in mapped(supervisor) and "/pydantic_core/" not in mapped(supervisor)


def mapped(pid: int) -> str:
    """The files that a process has in memory."""
    return Path(f"/proc/{pid}/maps").read_text()
