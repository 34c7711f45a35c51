"""JSON Patch: the operations applied by another library, and pointers."""

from svcdns.kube.injection import json_patch


def test_pointers():
    assert (
        json_patch.json_pointer(("metadata", "annotations", "a/b~c", 0)) == "/metadata/annotations/a~1b~0c/0"
    )
    operation = json_patch.set_value({"a": None}, ("a", "b/c", "d"), 1)
    assert (operation.path, operation.value) == ("/a", {"b/c": {"d": 1}})
