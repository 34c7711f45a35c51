"""Objects as kubectl prints them; `test_services` compares whole commands."""

import json

import pytest
import yaml

from svcdns.cli import kubectl_output

DOCUMENTS = [{"kind": "Service", "data": {"b": "yes", "a": "1e3", "text": "two\nlines\n"}}]


def test_json_has_sorted_keys_and_four_spaces() -> None:
    text = kubectl_output.to_json(DOCUMENTS)
    assert text.startswith('{\n    "apiVersion": "v1",\n    "items": [\n        {\n            "data": {\n')
    assert json.loads(text)["items"] == DOCUMENTS


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", "text: plain"),
        ("10", 'text: "10"'),
        ("1e3", 'text: "1e3"'),  # a number for Go, and a text for PyYAML
        ("y", 'text: "y"'),
        ("true", 'text: "true"'),
        ("a\nb\n", "text: |"),
        ("long " * 40 + "end", "text: " + "long " * 40 + "end"),
    ],
)
def test_yaml_quotes_what_looks_like_another_type(value: str, line: str) -> None:
    text = kubectl_output.to_yaml([{"text": value}])
    assert line in [text_line.removeprefix("- ") for text_line in text.splitlines()]
    assert yaml.safe_load(text)["items"] == [{"text": value}]
