"""The store finds objects by what they have, whatever they had before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.objects import Change, Key, Kind, ObjectMeta, Pod, PodStatus, ReadySlice, StoredObject
from svcdns.kube.store import Index, Store

NAMES = st.sampled_from("ab")
ADDRESSES = st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"]), max_size=3)


def slice_of(name: str, service: str | None, addresses: list[str]) -> ReadySlice:
    owner = ("default", service) if service else None
    return ReadySlice(ObjectMeta(name, "default"), owner, None, tuple(map(str.encode, addresses)))


def pod(name: str, address: str | None) -> Pod:
    return Pod(ObjectMeta(name, "default"), PodStatus(pod_ip=address))


SLICES = st.builds(slice_of, NAMES, st.none() | NAMES, ADDRESSES)
PODS = st.builds(pod, NAMES, st.none() | st.sampled_from(["10.0.0.1", "10.0.0.2"]))


def changes(kind: Kind, objects: st.SearchStrategy[StoredObject]) -> st.SearchStrategy[Change]:
    puts = objects.map(lambda obj: Change(kind, ("default", obj.metadata.name), obj))
    return puts | NAMES.map(lambda name: Change(kind, ("default", name), None))


def found_by(store: Store) -> dict[str, dict[object, set[Key]]]:
    indexes = {
        "address": store.slices_by_address,
        "service": store.slices_by_service,
        "pod": store.pods_by_address,
    }
    return {
        name: {thing: set(index.find_owners(thing)) for thing in index}  # type: ignore[attr-defined]
        for name, index in indexes.items()
    }


@given(st.lists(changes("EndpointSlice", SLICES) | changes("Pod", PODS), max_size=12))
def test_after_any_changes_it_is_as_made_anew(history: list[Change]) -> None:
    store = Store()
    rebuilt = Store()

    for change in history:
        store.apply(change)

    for kind, last in {(change.kind, change.key): change for change in history}.items():
        rebuilt.apply(last)
        assert store.objects(kind[0]).get(kind[1]) is last.new_object

    assert found_by(store) == found_by(rebuilt)
    assert store.all_namespaces() == rebuilt.all_namespaces()


@pytest.mark.parametrize("failing", ["slices_by_address", "slices_by_service"])
def test_a_change_that_fails_may_be_tried_again(monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """On whichever index: the object of before stays, and the next try leaves nothing of it."""
    store, key = Store(), ("default", "a")
    store.apply(Change("EndpointSlice", key, slice_of("a", "a", ["10.0.0.1"])))
    new = Change("EndpointSlice", key, slice_of("a", "b", ["10.0.0.2"]))
    real = Index.update_owner

    def update_owner(index: Index[object], *others: Any) -> None:
        if index is getattr(store, failing):
            raise TypeError("a bug")
        real(index, *others)

    with monkeypatch.context() as patched, pytest.raises(TypeError):
        patched.setattr(Index, "update_owner", update_owner)
        store.apply(new)
    assert store.slices[key].service_key == ("default", "a")

    store.apply(new)
    assert store.slices[key].service_key == ("default", "b")
    assert list(store.slices_by_address) == [b"10.0.0.2"]
    assert list(store.slices_by_service) == [("default", "b")]


def test_the_values_of_an_object_are_found_without_it() -> None:
    index = Index[str]()
    index.update_owner(("default", "a"), (), ("x", "y"))
    index.update_owner(("default", "b"), (), ("y", "z"))
    assert index.search_values({("default", "a")}) == {"x", "y"}
    assert index.search_values({("default", "a"), ("default", "b")}) == {"x", "y", "z"}
    assert not index.search_values({("default", "c")})
