"""A live table in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from svcdns.table.files import StateFolder
from svcdns.table.writer import Writer


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFolder]:
    """A state folder with an empty live table."""
    made = StateFolder(tmp_path / "state")
    made.make_live(None)
    yield made
    made.close()


@pytest.fixture
def writer(state: StateFolder) -> Iterator[Writer]:
    """The live table's writer."""
    made = Writer(state.live)
    yield made
    made.close()
