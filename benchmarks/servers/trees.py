"""Other checkouts of svcdns as servers of a run: `--tree NAME=PATH`."""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.servers import SERVERS, running, svcdns
from benchmarks.servers.server_types import Server


def parse_tree(text: str) -> Server:
    """The server that `NAME=PATH` means. Raises ArgumentTypeError.

    The checkout's own interpreter runs it, with the versions of libraries that it was made for; where it
    has no `.venv`, this interpreter does.
    """
    name, _, path = text.partition("=")
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name) or not path:
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=PATH, for example old=../svcdns-old")

    checkout = Path(path).resolve()
    own_interpreter = checkout / ".venv" / "bin" / "python"  # not resolved: the link's place is the venv
    interpreter = str(own_interpreter) if own_interpreter.exists() else sys.executable

    server = svcdns.make_server(name, checkout, interpreter)
    check_source(server)

    return server


def check_source(server: Server) -> None:
    """Make sure that the server will run the code of its checkout. Raises ArgumentTypeError."""
    expected = Path(str(server.folder), "svcdns", "__init__.py")
    if not expected.is_file():
        raise argparse.ArgumentTypeError(f"{server.folder} is no checkout of svcdns: {expected} is missing")

    # `-c` searches the current folder first, as `-m` does.
    completed = subprocess.run(
        [server.program, "-c", "import svcdns; print(svcdns.__file__)"],
        cwd=server.folder,
        env=running.make_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.stdout.strip() != str(expected):
        source = completed.stdout.strip() or completed.stderr.strip()
        raise argparse.ArgumentTypeError(
            f"{server.program} in {server.folder} imports another svcdns: {source}"
        )


def insert_trees(servers: Sequence[Server], trees: Sequence[Server]) -> list[Server]:
    """The servers of a run in the order of the report: the trees stand behind this checkout.

    Raises SystemExit where two servers have one name.
    """
    names = [server.name for server in (*SERVERS, *trees)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SystemExit(f"bench: --tree {twice[0]}: another server has this name already")

    this_checkout = [server for server in servers if server is svcdns.SERVER]
    peers = [server for server in servers if server is not svcdns.SERVER]

    return [*this_checkout, *trees, *peers]


def compile_modules(server: Server) -> None:
    """Compile a checkout's modules, so that its first start does not do that too."""
    subprocess.run(
        [server.program, "-m", "compileall", "-q", "svcdns"],
        cwd=server.folder,
        env=running.make_environment(),
        check=False,
    )
