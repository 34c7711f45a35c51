"""A live table in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFolder]:
    """A state folder with an empty live table."""
    made = StateFolder(tmp_path / "state")
    made.create_live(None)
    yield made
    made.close()


@pytest.fixture
def writer(state: StateFolder) -> Iterator[TableWriter]:
    """The live table's writer."""
    made = TableWriter(state.live_path)
    yield made
    made.close()
