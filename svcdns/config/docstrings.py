"""Reads the docstrings below the fields of a class; they are the help of settings."""

import ast
import functools
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise


def of_fields(kind: type) -> Mapping[str, str]:
    """The docstring below each field of a class, by the field's name.

    pydantic's `use_attribute_docstrings` reads them too, but at each import and ten times as slowly.
    """
    return _of_module(kind.__module__).get(kind.__name__, {})


@functools.cache
def _of_module(name: str) -> dict[str, dict[str, str]]:
    module = sys.modules[name]
    # There are no lines if the source is not installed; then settings have no help.
    lines = linecache.getlines(module.__file__ or "", vars(module))
    tree = ast.parse("".join(lines))
    return {node.name: dict(_of_fields(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _of_fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(node.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, inspect.cleandoc(words)
