"""Objects that live for long are kept from the garbage collector."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from svcdns.serve.watcher import memory


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


def test_garbage_is_collected_less_often() -> None:
    memory.raise_gc_threshold()
    assert gc.get_threshold()[0] == memory.GC_THRESHOLD > 700


class Node:
    """An object that can refer to itself."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_alive_is_frozen_and_garbage_is_not() -> None:
    alive = Node()
    garbage = weakref.ref(Node())
    memory.release_free_memory()
    assert gc.get_freeze_count() > 0
    assert garbage() is None
    assert not any(obj is alive for obj in gc.get_objects()), "it is looked at no more"
