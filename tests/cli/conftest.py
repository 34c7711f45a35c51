"""The command line in this process: `run("services", "-A")` gives code, stdout and stderr."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from svcdns.cli import app
from tests.cli import dnsserver, envs


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Run: TypeAlias = Callable[..., Result]
"""Takes the words of a command line."""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command without settings in the environment."""
    for name in list(os.environ):
        if name.upper().startswith("SVCDNS_") or name.startswith("KUBERNETES_"):
            monkeypatch.delenv(name)

    def command(*args: str) -> Result:
        code = app.run_command_line(args)
        return Result(code, *capsys.readouterr())

    return command


@pytest.fixture
def env(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`svcdns env` with the manifests of `envs`, in their folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "services.yaml").write_text(envs.SERVICES)
    return lambda *args: run("env", "--manifests", "services.yaml", *args)


@pytest.fixture
def silent_server() -> Iterator[dnsserver.Server]:
    """A DNS server that never replies."""
    with dnsserver.serving(lambda query: []) as server:
        yield server
