"""What a list changes and what a fault means, purely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.objects import Key, ObjectMeta, Pod, StoredObject
from svcdns.sources.apiserver.list_difference import ListDifference, is_before

VERSIONS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9).map(str))


def pods(versions: dict[str, str]) -> dict[Key, StoredObject]:
    return {
        ("default", name): Pod(ObjectMeta(name, "default", resource_version=version))
        for name, version in versions.items()
    }


@given(VERSIONS, VERSIONS, st.sets(st.sampled_from("abcdefgh")), st.integers(1, 8))
def test_pages_and_the_rest_make_what_is_known_what_was_listed(
    before: dict[str, str], listed: dict[str, str], broken: set[str], size: int
) -> None:
    known, found = pods(before), pods(listed)
    unreadable = {("default", name) for name in broken}
    wanted = {key: known.get(key) if key in unreadable else found[key] for key in found}
    wanted |= {key: known[key] for key in unreadable & known.keys()}
    difference, items = ListDifference("Pod", known, ""), sorted(found.keys() | unreadable)
    for at in range(0, len(items), size):
        page = items[at : at + size]
        readable = {key: found[key] for key in page if key not in unreadable}
        for change in difference.compare_page(readable, unreadable.intersection(page)):
            assert change.new_object is not None, "nothing is removed before the last page"
            known[change.key] = change.new_object
    for change in difference.finish():
        assert change.new_object is None
        del known[change.key]
    assert known == {key: obj for key, obj in wanted.items() if obj is not None}
    assert difference.drift_count == 0, "there was no watch"


def test_drift_is_what_the_watch_should_have_told() -> None:
    known = pods({"gone": "1", "same": "2", "later": "3"})
    difference = ListDifference("Pod", known, "5")
    found = pods({"same": "2", "later": "6", "missed": "4", "last": "5"})
    assert {change.key[1] for change in difference.compare_page(found, ())} == {"later", "missed", "last"}
    assert [change.key[1] for change in difference.finish()] == ["gone"]
    assert difference.drift_count == 3, "missed, last and gone"


@pytest.mark.parametrize(
    ("one", "other", "before"), [("9", "10", True), ("10", "9", False), ("9", "9", False), ("a", "9", False)]
)
def test_versions_are_numbers(one: str, other: str, before: bool) -> None:
    assert is_before(one, other) == before
