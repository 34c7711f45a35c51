"""What all commands share: help, version, errors and exit codes, and what is not imported."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import svcdns
from svcdns.cli import app
from svcdns.config import loader
from svcdns.config.settings import WEBHOOK, Settings
from tests.cli import dnsserver
from tests.cli.conftest import Run
from tests.patience import PATIENCE

ROOT = Path(svcdns.__file__).parents[1]
COMMANDS = [
    (),
    ("serve",),
    ("services",),
    ("services", "describe"),
    ("lookup",),
    ("top",),
    ("env",),
    ("check",),
    ("config", "show"),
]
HEAVY = {"kubernetes_asyncio", "lmdb", "uvloop", "aiohttp", "rich", "watchfiles"}


def process(*args: str) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SVCDNS_")}
    command = [sys.executable, *args]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"svcdns {svcdns.__version__}\n", "")


def test_nothing_is_help(run: Run) -> None:
    result = run()
    assert result.code == 0
    assert result.out == run("--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_with_flags_that_exist(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "-h")
    assert result.code == 0 and "\x1b" not in result.out
    examples = result.out.partition("\nExamples:\n")[2].splitlines()
    assert examples
    for line in examples:
        words = line.partition("svcdns ")[2].split("   ")[0].split()
        own = words[: 2 if {"describe", "show"} & set(words) else 1]
        helped = run(*own, "-h").out
        flags = [word for word in words if word.startswith("-")]
        assert [flag for flag in flags if not re.search(rf"(\s|,){flag}\b", helped)] == [], line


def test_every_setting_is_a_flag_of_serve_or_of_webhook(run: Run) -> None:
    serve, webhook = run("serve", "--help").out, run("webhook", "--help").out
    missing = [
        name
        for name in Settings.model_fields
        if f"{loader.flag_name(name)} " not in (webhook if name in WEBHOOK.keys else serve)
    ]
    assert missing == []


def test_the_help_of_a_setting(run: Run) -> None:
    """The name, how a value is written, the docstring and the default."""
    text = " ".join(run("serve", "--help").out.split())

    assert "--ttl 0-3600 Seconds that a client may keep an answer. Default: 30." in text
    assert "Address to answer on, UDP and TCP" in text
    assert "[::]:53. Repeatable. Default: 127.0.0.1:1053." in text
    assert "--pods disabled|insecure|verified" in text
    assert "--no-endpoints / --endpoints" in text
    assert "--ignore-empty-service / --no-ignore-empty-service" in text


MISTAKES = [
    (("bogus",), ["No such command 'bogus'.", "see `svcdns --help`"]),
    (
        ("serve", "--lisn", "x"),
        ["No such option: --lisn (Possible options: --listen)", "see `svcdns serve --help`"],
    ),
    (("serve", "--ttl"), ["Option '--ttl' requires an argument."]),
    (("serve", "--ttl", "5000"), ["--ttl: '5000' is not a whole number from 0 to 3600"]),
    (("lookup",), ["Missing argument 'NAME'.", "see `svcdns lookup --help`"]),
    (("check", "--config", "none"), ["none: cannot be read: No such file or directory"]),
    (
        ("serve",),
        [
            "nothing to serve: give --manifests PATH (files or folders of manifests) or --kubeconfig FILE "
            "(a cluster's API server), or run in a Pod with a service account"
        ],
    ),
    (
        ("services", "--manifests", "a", "--kubeconfig", "b"),
        ["--manifests, --kubeconfig: objects come from one source: set one of them"],
    ),
]


@pytest.mark.parametrize(("args", "message"), MISTAKES)
def test_a_wrong_command_line_ends_with_2(run: Run, args: tuple[str, ...], message: str) -> None:
    assert run(*args) == (2, "", "".join(f"svcdns: {line}\n" for line in message))


def test_values_stand_behind_one_flag_too(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--manifests *.yaml`, as the shell expands it."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (tmp_path / name).write_text("")
    assert run("check", "--manifests", "a.yaml", "b.yaml", "c.yaml").out.startswith("0 problems in 3 files")


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("serve", "--help"), ("check",)])
def test_nothing_heavy_is_imported(args: tuple[str, ...]) -> None:
    code = f"import sys\nfrom svcdns.cli import app\napp.run({args!r})\nprint(*sys.modules, sep='\\n')"
    assert HEAVY.isdisjoint(process("-c", code).stdout.splitlines())


def test_as_a_process() -> None:
    assert process("-m", "svcdns", "--version").stdout == f"svcdns {svcdns.__version__}\n"
    result = process("-m", "svcdns", "lookup", "a..b")
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path, unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    manifest = tmp_path / "web.yaml"
    manifest.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n")
    with os.fdopen(writing, "w") as pipe:
        result = subprocess.run(
            [sys.executable, "-m", "svcdns", "services", "--manifests", manifest],
            stdout=pipe,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            timeout=PATIENCE,
        )

    assert (result.returncode, result.stderr) == (1, b"")


def test_a_full_disk_is_no_traceback() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")

    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "svcdns", "--version"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=PATIENCE)

    assert (result.returncode, result.stderr) == (1, b"svcdns: [Errno 28] No space left on device\n")


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    (folder / "bad.yaml").write_text("{apiVersion: v1, kind: Service, metadata: {name: Web}}")
    command = [sys.executable, "-m", "svcdns", "check", str(folder)]
    result = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=PATIENCE)

    assert result.returncode == 1
    assert b"\\udcff/bad.yaml:1: Service default/Web: " in result.stdout


def test_ctrl_c_ends_with_130(silent_server: dnsserver.Server) -> None:
    """While it waits for a reply that never comes."""
    command = [sys.executable, "-m", "svcdns", "lookup", "a", "--server", str(silent_server.address)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as running:
        silent_server.wait()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE)

    assert (running.returncode, out, err) == (app.EXIT_INTERRUPTED, b"", b"")
