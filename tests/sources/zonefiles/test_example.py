"""What `make run` serves: the repository's own manifests and zone file, as README.md shows them."""

import asyncio
import itertools
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server
from tests.sources.zonefiles import peers

ROOT = Path(__file__).parents[3]
FOLDERS = "--manifests", str(ROOT / "deploy" / "examples"), "--zonefiles", str(ROOT / "zonefiles")


async def test_a_first_run_has_no_warning(tmp_path: Path) -> None:
    async with server.running(tmp_path, *FOLDERS) as running:
        await peers.until_served(running.address, "corp.internal.")
    log = running.log.read_text()
    assert "1 of 1 zone files are served" in log
    assert not [line for line in log.splitlines() if "[warning" in line or "[error" in line]


@pytest.mark.skipif(not shutil.which("dig"), reason="dig is not installed")
async def test_readme_shows_what_dig_prints(tmp_path: Path) -> None:
    """But for white space, and the order of addresses."""
    async with server.running(tmp_path, *FOLDERS) as running:
        await peers.until_served(running.address, "corp.internal.")
        shown = list(session())
        assert len(shown) == 6
        for command, printed in shown:
            words = shlex.split(command.replace("1053", str(running.address[1])), comments=True)
            process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
            found, _ = await process.communicate()
            assert sorted(map(str.split, found.decode().splitlines())) == sorted(map(str.split, printed))


def session() -> Iterator[tuple[str, list[str]]]:
    """Each dig command of README.md, and what it says that dig prints."""
    _, *parts = (ROOT / "README.md").read_text().split("    $ dig ")
    for part in parts:
        command, *lines = part.splitlines()
        yield f"dig {command}", list(itertools.takewhile(str.strip, lines))
