"""What sections of the settings are made of, wherever they stand."""

import ast
import functools
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise

from pydantic import BaseModel, ConfigDict


class ConflictError(ValueError):
    """Settings that are right one by one, but not together; `names` are those to blame."""

    def __init__(self, message: str, *names: str) -> None:
        super().__init__(message)
        self.names = names


class Section(BaseModel):
    """A section of the settings; the first line of its docstring is its title.

    A field's docstring is its help: see `docstrings`.
    """

    model_config = ConfigDict(defer_build=True)


def field_docstrings(section: type[BaseModel]) -> Mapping[str, str]:
    """The text that stands below each field of a section's class, by the field's name.

    pydantic's `use_attribute_docstrings` reads them too, but at each import and ten times as slowly.
    """
    return _module_docstrings(section.__module__).get(section.__name__, {})


@functools.cache
def _module_docstrings(name: str) -> dict[str, dict[str, str]]:
    module = sys.modules[name]
    lines = linecache.getlines(module.__file__ or "", vars(module))  # none, where the source is not there
    tree = ast.parse("".join(lines))
    return {node.name: dict(_field_docstrings(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _field_docstrings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(node.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, inspect.cleandoc(words)
