"""Whole objects as `kubectl get -o json` and `-o yaml` write them, to the byte."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_TEXT = "tag:yaml.org,2002:str"
_GUESSED = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[yYnN]")
"""What some readers of YAML take for a number or a boolean, beside what PyYAML does."""


def to_json(documents: Sequence[Mapping[str, Any]]) -> str:
    """A List: keys sorted, four spaces."""
    return json.dumps(_list(documents), indent=4, sort_keys=True, ensure_ascii=False) + "\n"


def to_yaml(documents: Sequence[Mapping[str, Any]]) -> str:
    """A List: keys sorted, long lines whole."""
    return yaml.dump(_list(documents), Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=float("inf"))


def _list(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(documents)}


class _Dumper(yaml.SafeDumper):
    """Texts in Go's style: of several lines as a block, what looks like a number in double quotes."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else '"' if _GUESSED.fullmatch(text) or _is_guessed(dumper, text) else None
    return dumper.represent_scalar(_TEXT, text, style)


def _is_guessed(dumper: yaml.SafeDumper, text: str) -> bool:
    tag: str = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag != _TEXT


_Dumper.add_representer(str, _represent_text)
