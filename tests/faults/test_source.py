"""The API server's faults, one after the other, under one load: nothing is lost, and nothing is wrong."""

from collections.abc import Callable
from pathlib import Path

from tests.faults import source
from tests.faults.world import QUICK, world


async def test_faults_of_the_api_server(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with world(tmp_path, QUICK) as new_world:
        for fault in source.FAULTS:
            await source.happens(fault, new_world)
    assert new_world.load.again == 0
    record_property("printed", f"{len(source.FAULTS)} faults of an API server: {new_world.load.counts}")
