"""Whole objects as `kubectl get -o json` and `-o yaml` write them, to the byte where all of it prints.

kubectl's YAML comes from Go, which quotes and folds texts by other rules than PyYAML.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from svcdns import printable_text

_STRING_TAG = "tag:yaml.org,2002:str"
_AMBIGUOUS_SCALAR = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[yYnN]")
"""Texts that YAML 1.1 readers take for a number or a boolean, and PyYAML does not."""


def to_json(documents: Sequence[Mapping[str, Any]]) -> str:
    """A List as JSON: keys sorted, indented by four spaces."""
    text = json.dumps(_list_object(documents), indent=4, sort_keys=True, ensure_ascii=False)
    return printable_text.escape_json(text) + "\n"


def to_yaml(documents: Sequence[Mapping[str, Any]]) -> str:
    """A List as YAML: keys sorted, long lines not folded."""
    text = _dump_yaml(documents, with_unicode=True)
    is_safe = text.replace("\n", "").isprintable()
    return text if is_safe else _dump_yaml(documents, with_unicode=False)


def _dump_yaml(documents: Sequence[Mapping[str, Any]], *, with_unicode: bool) -> str:
    """Without Unicode, all but ASCII is escaped: what does not print is text of the same meaning."""
    text: str = yaml.dump(
        _list_object(documents),
        Dumper=_KubectlDumper,
        sort_keys=True,
        allow_unicode=with_unicode,
        width=float("inf"),
    )
    return text


def _list_object(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(documents)}


class _KubectlDumper(yaml.SafeDumper):
    """Writes texts in Go's style: several lines as a block, what looks like a number in double quotes.

    It is a class of its own because representers are registered for a class, and SafeDumper is PyYAML's.
    """


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None
    if "\n" in text:
        style = "|"
    elif _AMBIGUOUS_SCALAR.fullmatch(text) or _is_ambiguous(dumper, text):
        style = '"'
    return dumper.represent_scalar(_STRING_TAG, text, style)


def _is_ambiguous(dumper: yaml.SafeDumper, text: str) -> bool:
    """Whether PyYAML would read the text, without quotes, as something else."""
    tag: str = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag != _STRING_TAG


_KubectlDumper.add_representer(str, _represent_text)
