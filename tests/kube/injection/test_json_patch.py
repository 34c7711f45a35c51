"""JSON Patch: the operations applied by another library, and pointers."""

import jsonpatch
import msgspec
import pytest

from svcdns.kube.injection import json_patch
from tests.reviews import Object


def test_pointers() -> None:
    assert (
        json_patch.json_pointer(("metadata", "annotations", "a/b~c", 0)) == "/metadata/annotations/a~1b~0c/0"
    )

    operation = json_patch.set_value({"a": None}, ("a", "b/c", "d"), 1)

    assert (operation.path, operation.value) == ("/a", {"b/c": {"d": 1}})


DOCUMENTS = [
    ({}, {"a": {"b": {"c": 1}}}),
    ({"a": None}, {"a": {"b": {"c": 1}}}),
    ({"a": {"x": 2}}, {"a": {"x": 2, "b": {"c": 1}}}),
    ({"a": {"b": {"c": 0, "d": 3}}}, {"a": {"b": {"c": 1, "d": 3}}}),
]


@pytest.mark.parametrize(("document", "patched"), DOCUMENTS)
def test_a_member_is_set_whatever_is_missing_above_it(document: Object, patched: Object) -> None:
    assert applied(document, json_patch.set_value(document, ("a", "b", "c"), 1)) == patched


@pytest.mark.parametrize("env", [None, [], ["old"]])
def test_items_come_before_those_of_a_list(env: list[str] | None) -> None:
    document = {"spec": {"containers": [{"name": "a"}, {"name": "b", "env": env}]}}
    operation = json_patch.prepend_items(document, ("spec", "containers", 1, "env"), ["new"])
    changed = applied(document, operation)

    assert changed["spec"]["containers"] == [{"name": "a"}, {"name": "b", "env": ["new", *(env or [])]}]


def test_a_removal_has_no_value() -> None:
    assert msgspec.json.encode(json_patch.PatchOperation("remove", "/a")) == b'{"op":"remove","path":"/a"}'


def applied(document: Object, operation: json_patch.PatchOperation) -> Object:
    """The document as another library changes it."""
    patch = jsonpatch.JsonPatch.from_string(msgspec.json.encode([operation]).decode())
    changed: Object = patch.apply(document)
    return changed
