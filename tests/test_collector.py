"""The garbage collector is off within the context, and afterwards as it was."""

import gc

import pytest

from svcdns.collector import pause_collection


@pytest.mark.parametrize("was_enabled", [True, False])
def test_it_is_as_it_was(was_enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_enabled else gc.disable)()
        with pause_collection():
            assert not gc.isenabled()
        assert gc.isenabled() == was_enabled

        with pytest.raises(KeyError), pause_collection():
            raise KeyError
        assert gc.isenabled() == was_enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_one_within_another() -> None:
    with pause_collection():
        with pause_collection():
            pass
        assert not gc.isenabled()
