"""Whole objects as `kubectl get -o json` and `-o yaml` write them, to the byte."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_STRING_TAG = "tag:yaml.org,2002:str"
_AMBIGUOUS_SCALAR = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[yYnN]")
"""What some readers of YAML take for a number or a boolean, beside what PyYAML does."""


def to_json(documents: Sequence[Mapping[str, Any]]) -> str:
    """A List: keys sorted, four spaces."""
    return json.dumps(_list_object(documents), indent=4, sort_keys=True, ensure_ascii=False) + "\n"


def to_yaml(documents: Sequence[Mapping[str, Any]]) -> str:
    """A List: keys sorted, long lines whole."""
    return yaml.dump(
        _list_object(documents), Dumper=_KubectlDumper, sort_keys=True, allow_unicode=True, width=float("inf")
    )


def _list_object(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(documents)}


class _KubectlDumper(yaml.SafeDumper):
    """Texts in Go's style: of several lines as a block, what looks like a number in double quotes."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = (
        "|"
        if "\n" in text
        else '"'
        if _AMBIGUOUS_SCALAR.fullmatch(text) or _is_ambiguous(dumper, text)
        else None
    )
    return dumper.represent_scalar(_STRING_TAG, text, style)


def _is_ambiguous(dumper: yaml.SafeDumper, text: str) -> bool:
    tag: str = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag != _STRING_TAG


_KubectlDumper.add_representer(str, _represent_text)
