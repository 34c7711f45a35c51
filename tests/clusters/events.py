"""What happens to a cluster: objects made, changed and removed, one event at a time."""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.clusters import objects
from tests.clusters.objects import Key, Object


@dataclass(frozen=True, slots=True)
class Event:
    """An object as it is now, new or changed (its kind of Service too); None where it was removed."""

    key: Key
    object: Object | None


def puts() -> SearchStrategy[list[Event]]:
    """An object made or changed."""
    return objects.objects().map(lambda obj: [Event(objects.key_of(obj), obj)])


def removals() -> SearchStrategy[list[Event]]:
    """An object removed, if it is there."""
    return objects.objects().map(lambda obj: [Event(objects.key_of(obj), None)])


@st.composite
def moves(draw: DrawFn) -> list[Event]:
    """An endpoint moves between two slices of a Service; for a moment it is in both, or in none."""
    first = draw(objects.slices().filter(lambda obj: bool(obj["endpoints"])))
    name = draw(st.sampled_from([name for name in objects.SLICES if name != first["metadata"]["name"]]))
    moved, *remaining = first["endpoints"]
    before = first | {"endpoints": remaining}
    after = first | {"metadata": first["metadata"] | {"name": name}, "endpoints": [moved]}
    halves = [Event(objects.key_of(obj), obj) for obj in (before, after)]

    return [Event(objects.key_of(first), first), *draw(st.permutations(halves))]


def histories() -> SearchStrategy[list[Event]]:
    """What happens, in its order."""
    steps = st.lists(st.one_of(puts(), puts(), puts(), removals(), moves()), max_size=16)
    return steps.map(lambda lists: [event for events in lists for event in events])


def after(history: list[Event], cluster: list[Object] | None = None) -> list[Object]:
    """The objects that are there in the end."""
    objects_by_key = {objects.key_of(obj): obj for obj in cluster or ()}
    for event in history:
        if event.object is None:
            objects_by_key.pop(event.key, None)
        else:
            objects_by_key[event.key] = event.object

    return list(objects_by_key.values())
