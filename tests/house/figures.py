"""Counts what makes code hard to enter: long files and functions, bodies without paragraphs, vague names.

The figures are signs, not aims: `limits` has those that `make check` keeps.
"""

import ast
import io
import statistics
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

VAGUE_NAMES = frozenset(
    {
        *("found", "one", "made", "known", "asked", "wanted", "given", "kept"),
        *("said", "told", "other", "another", "rest", "left", "more"),
    }
)
"""Names that do not say what they hold."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, and what is to be seen there."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(slots=True)
class Figures:
    """What was counted in a tree; lengths are in lines."""

    files: dict[Path, int] = field(default_factory=dict)
    functions: dict[Place, int] = field(default_factory=dict)
    comments: int = 0
    body_lines: int = 0
    blank_body_lines: int = 0
    vague_names: list[Place] = field(default_factory=list)
    tuple_assignments: list[Place] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """Of all files."""
        return sum(self.files.values())

    def per_thousand(self, count: int) -> float:
        """How often something occurs in 1,000 lines."""
        return 1000 * count / max(1, self.lines)

    @property
    def comments_per_hundred(self) -> float:
        """Comments, not docstrings, in 100 lines."""
        return 100 * self.comments / max(1, self.lines)

    @property
    def blanks_per_hundred(self) -> float:
        """Blank lines in 100 lines of function bodies."""
        return 100 * self.blank_body_lines / max(1, self.body_lines)


def count(root: Path) -> Figures:
    """The figures of all Python files below a folder."""
    figures = Figures()
    for path in sorted(root.rglob("*.py")):
        _count_file(path, path.read_text(), figures)
    return figures


def _count_file(path: Path, source: str, figures: Figures) -> None:
    lines = source.splitlines()
    figures.files[path] = len(lines)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    figures.comments += sum(token.type == tokenize.COMMENT for token in tokens)

    tree = ast.parse(source)
    in_body: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            figures.functions[Place(path, node.lineno, node.name)] = length
            in_body.update(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Assign) and _joins_unrelated(node):
            figures.tuple_assignments.append(Place(path, node.lineno, lines[node.lineno - 1].strip()))
        figures.vague_names.extend(
            Place(path, line, name) for name, line in _bound_names(node) if name in VAGUE_NAMES
        )
    figures.body_lines += len(in_body)
    figures.blank_body_lines += sum(not lines[number - 1].strip() for number in in_body)


def _bound_names(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The names that a node binds: variables, parameters, attributes, exceptions."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, node.lineno
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr.strip("_"), node.lineno
    elif isinstance(node, ast.arg):
        yield node.arg, node.lineno
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name, node.lineno
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name.strip("_"), node.lineno


def _joins_unrelated(node: ast.Assign) -> bool:
    """`a, b = x, y`, where one line holds two assignments; a swap (`a, b = b, a`) is one thought."""
    target, value = node.targets[0], node.value
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)):
        return False
    return sorted(map(ast.unparse, target.elts)) != sorted(map(ast.unparse, value.elts))


def percentile(values: Iterable[int], percent: int) -> int:
    """The value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def median(values: Iterable[int]) -> int:
    """The middle one."""
    return int(statistics.median(values))
