"""The line of a value: found along its path, or that of what would hold it."""

import pytest

from svcdns.sources.manifests import yaml_positions

LOCATED = b"""\
# comment
kind: List
items:
- kind: Service
  spec:
    ports:
    - port: 80
    -
      port: 7
    selector:
      app.kubernetes.io/name: x
- {kind: Service, spec: {ports: [{port: 1},
   {port: 2}]}}
---
broken: [
---
b: &x
  c: 1
d: *x
"""


@pytest.mark.parametrize(
    ("spot", "line"),
    [
        ((0, ()), 2),
        ((0, ("items",)), 3),
        ((0, ("items", 0)), 4),
        ((0, ("items", 0, "spec", "ports", 1)), 9),
        ((0, ("items", 0, "spec", "ports", 1, "port")), 9),
        ((0, ("items", 0, "spec", "ports", 1, "name")), 9),
        ((0, ("items", 0, "spec", "selector", "app.kubernetes.io/name")), 11),
        ((0, ("items", 1, "spec", "ports", 1, "port")), 13),
        ((0, ("items", 7)), 3),
        ((2, ("b", "c")), 18),
        ((2, ("d", "c")), 19),
    ],
)
def test_lines(spot: yaml_positions.YamlPosition, line: int) -> None:
    assert yaml_positions.find_lines(LOCATED, [spot]) == {spot: line}


def test_no_line_for_a_document_that_is_not_there() -> None:
    assert yaml_positions.find_lines(LOCATED, [(3, ())]) == {}
