"""What the commands of this folder share: their command lines, and what becomes of a run."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks import report, results
from benchmarks.progress import Progress
from benchmarks.results import Fairness, Peers, Scale
from benchmarks.servers import trees

RESULTS_FOLDER = Path(__file__).parent
"""Where RESULTS.md is."""

TREES_FOLDER = RESULTS_FOLDER / "out"
"""Where a run with other checkouts writes: RESULTS.md has this one alone."""

Run = TypeVar("Run", Peers, Scale, Fairness)


def make_parser(name: str, text: str | None, examples: str) -> argparse.ArgumentParser:
    """Of `python -m NAME`, with its docstring as `text`."""
    return argparse.ArgumentParser(
        prog=f"python -m {name}",
        description=text,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """The options of these commands: `trees` (servers) and `folder`, which is None if it was not given."""
    parser.add_argument(
        "--tree",
        dest="trees",
        action="append",
        type=trees.parse_tree,
        default=[],
        metavar="NAME=PATH",
        help="another checkout of svcdns as one more server, in the same rounds. Repeatable.",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="FOLDER",
        help="where to write; default: benchmarks, with --tree benchmarks/out",
    )


def choose_folder(options: argparse.Namespace) -> Path:
    """Where the run writes: the folder that was given, or the usual one."""
    usual_folder = TREES_FOLDER if options.trees else RESULTS_FOLDER
    return options.folder or usual_folder


def run_and_report(
    measure: Callable[[Path, Progress], Run],
    text: Callable[[Run], str],
    folder: Path,
    *failures: type[Exception],
) -> int:
    """Measure, in a folder of its own; print what was found and write it. 1 where one of `failures` comes."""
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="svcdns-bench-") as place:
        try:
            run = measure(Path(place), progress)
        except failures as error:
            progress.end(f"bench: {error}")
            return 1

    results.save(run, folder / "results")
    print(text(run), end="")
    progress.end(f"Written to {report.write(folder)}")

    return 0
