"""What import-linter cannot see: which libraries a process has really loaded."""

import subprocess
import sys

HEAVY = {
    "aiohttp",
    "dns",
    "kubernetes_asyncio",
    "pydantic",
    "rich",
    "typer",
    "yaml",
}


def test_a_worker_starts_small() -> None:
    code = "import sys, svcdns.serve.worker; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stdout.split())
