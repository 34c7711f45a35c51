"""Other checkouts of svcdns as servers of a run."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from benchmarks import report
from benchmarks.results import Tree
from benchmarks.servers import SERVERS, running, svcdns, trees
from benchmarks.servers.server_types import Server
from tests.benchmarks import sample_results


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a package `svcdns`, whose command prints where it is."""
    package = tmp_path / "old" / "svcdns"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import svcdns; print('svcdns 9.8.7', svcdns.__file__)")

    return package.parent


def test_the_code_of_the_checkout_runs(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(svcdns.CHECKOUT))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")

    server = trees.parse_tree(f"old={checkout}")

    assert (server.name, server.program, server.folder) == ("old", sys.executable, checkout)
    assert running.read_version(server) == "9.8.7"
    completed = subprocess.run(
        server.version, cwd=server.folder, env=running.make_environment(), capture_output=True, check=True
    )

    assert completed.stdout.decode().split()[-1] == str(checkout / "svcdns" / "__init__.py")


def test_the_interpreter_of_the_checkout_is_used(checkout: Path) -> None:
    interpreter = checkout / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(os.path.realpath(sys.executable))

    assert trees.parse_tree(f"old={checkout}").program == str(interpreter)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("old", "'old' must be NAME=PATH"),
        ("=.", "'=.' must be NAME=PATH"),
        ("a b=.", "'a b=.' must be NAME=PATH"),
        ("old=", "'old=' must be NAME=PATH"),
        ("old=/nowhere", "/nowhere is no checkout of svcdns"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        trees.parse_tree(text)


def test_an_interpreter_that_imports_another_svcdns_is_refused(checkout: Path) -> None:
    interpreter = checkout / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    # `-P` keeps the current folder out of the search path.
    interpreter.write_text(f'#!/bin/sh\nexec {sys.executable} -P "$@"\n')
    interpreter.chmod(0o755)

    with pytest.raises(argparse.ArgumentTypeError, match="imports another svcdns"):
        trees.parse_tree(f"old={checkout}")


def _tree(name: str) -> Server:
    return svcdns.make_server(name, Path("/nowhere"), sys.executable)


def test_trees_stand_behind_this_checkout() -> None:
    servers = trees.insert_trees(SERVERS[:2], [_tree("old"), _tree("older")])
    assert [server.name for server in servers] == ["svcdns", "old", "older", "nsd"]


@pytest.mark.parametrize("names", [["nsd"], ["svcdns"], ["old", "old"]])
def test_names_are_given_once(names: list[str]) -> None:
    with pytest.raises(SystemExit, match=f"{names[0]}: another server has this name already"):
        trees.insert_trees(SERVERS, [_tree(name) for name in names])


def test_the_report_has_the_ratios_to_a_tree() -> None:
    run = sample_results.peers()
    tree_measurements = [
        sample_results.measurement("old", turn, cost) for turn, cost in enumerate((3.0, 11.0))
    ]
    with_tree = structs.replace(
        run,
        titles=run.titles | {"old": "old"},
        versions=run.versions | {"old": "0.0.9"},
        memory=run.memory | {"old": 1_000_000},
        measurements=run.measurements + tree_measurements,
        trees=["old"],
    )

    # Within the rounds: 6 to 3, and 11 to 11.
    section = report.peers.text(with_tree).partition("to other checkouts of it\n")[2]
    row = next(line for line in section.splitlines() if line.startswith("| the mix  "))

    assert row.split()[-2] == "1.500"
    assert "other checkouts" not in report.peers.text(run)


def test_the_report_has_a_table_for_each_tree() -> None:
    run = sample_results.scale()
    with_tree = structs.replace(run, trees=[Tree("old", [sample_results.size(500)], [])])

    section = report.scale.text(with_tree).partition("### Size of the cluster, old\n")[2]

    assert "| Services                                 |   500 |" in section
    assert "Size of the cluster, old" not in report.scale.text(run)
