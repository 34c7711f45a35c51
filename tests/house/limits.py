"""The limits that `make check` keeps; whoever passes one is told the place, and what to do."""

from collections import Counter, defaultdict
from pathlib import Path

from tests.house.figures import Figures, Place

MODULES_IN_FOLDER = 25
LINES_OF_FILE = 300
LINES_OF_FUNCTION = 60
COMMENTS_PER_HUNDRED = 3.0
BLANKS_PER_HUNDRED = 4.0
VAGUE_NAMES_PER_THOUSAND = 2.0
TUPLE_ASSIGNMENTS_PER_THOUSAND = 3.0

SHARED_FILE_NAMES = frozenset({"__init__.py", "__main__.py", "options.py"})
"""File names that may stand in several folders: `options.py` has the settings of its package."""

_SHOWN = 20
"""Places that are named of each kind."""


def complaints(tree: Path, figures: Figures) -> list[str]:
    """What of a tree is beyond a limit."""
    return [
        *_sizes(figures),
        *_file_names(figures),
        *_too_few("comments", figures.comments_per_hundred, COMMENTS_PER_HUNDRED, tree),
        *_too_few("blank lines in bodies", figures.blanks_per_hundred, BLANKS_PER_HUNDRED, tree),
        *_too_many(
            "vague names",
            "say what it holds",
            figures.vague_names,
            VAGUE_NAMES_PER_THOUSAND,
            figures,
        ),
        *_too_many(
            "assignments of unrelated things in one line",
            "write one line each",
            figures.tuple_assignments,
            TUPLE_ASSIGNMENTS_PER_THOUSAND,
            figures,
        ),
    ]


def modules_by_folder(figures: Figures) -> Counter[Path]:
    """How many modules each folder has, without `__init__`."""
    return Counter(path.parent for path in figures.files if path.name != "__init__.py")


def _sizes(figures: Figures) -> list[str]:
    texts = [
        f"{folder}: {modules} modules, at most {MODULES_IN_FOLDER}: make a package of some"
        for folder, modules in modules_by_folder(figures).items()
        if modules > MODULES_IN_FOLDER
    ]
    texts += [
        f"{path}: {lines} lines, at most {LINES_OF_FILE}: find the concept that is missing, and move it out"
        for path, lines in figures.files.items()
        if lines > LINES_OF_FILE
    ]
    texts += [
        f"{place}: {lines} lines, at most {LINES_OF_FUNCTION}: give its steps names of their own"
        for place, lines in figures.functions.items()
        if lines > LINES_OF_FUNCTION
    ]
    return texts


def _file_names(figures: Figures) -> list[str]:
    paths_by_name: defaultdict[str, list[Path]] = defaultdict(list)
    for path in figures.files:
        if path.name not in SHARED_FILE_NAMES:
            paths_by_name[path.name].append(path)

    return [
        f"{' and '.join(map(str, paths))}: one file name for two things: say in the name which it is"
        for paths in paths_by_name.values()
        if len(paths) > 1
    ]


def _too_few(what: str, per_hundred: float, least: float, tree: Path) -> list[str]:
    if per_hundred >= least:
        return []
    return [
        f"{tree}: {per_hundred:.1f} {what} per 100 lines, at least {least}: say why where it is not plain"
    ]


def _too_many(what: str, remedy: str, places: list[Place], most: float, figures: Figures) -> list[str]:
    if figures.per_thousand(len(places)) <= most:
        return []

    texts = [f"{place}: {remedy}" for place in places[:_SHOWN]]
    texts.append(
        f"{len(places)} {what}: {figures.per_thousand(len(places)):.1f} per 1,000 lines, at most {most}"
    )
    return texts
