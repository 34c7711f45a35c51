"""The live table is damaged while the server runs: it is made anew, and answers are right again soon."""

import asyncio
import random
from pathlib import Path

import dns.message
import dns.rcode
import pytest

from tests import asking, server
from tests.patience import PATIENCE
from tests.scraping import becomes
from tests.serve import manifests

QUERY = dns.message.make_query("web.default.svc.cluster.local.", "A").to_wire()
RANDOM_PLACES = 200


def damage(live: Path, kind: str, seed: int) -> None:
    """Overwrite a part of the table, or its lock file, as a faulty disk or another program would."""
    dice = random.Random(seed)
    file = live / ("lock.mdb" if "lock" in kind else "data.mdb")
    size = file.stat().st_size
    with file.open("r+b") as data:
        if kind == "random places":
            for _ in range(RANDOM_PLACES):
                data.seek(dice.randrange(size))
                data.write(dice.randbytes(1))
            return

        length = size if "lock" in kind else 8192
        data.write(bytes(length) if "zero" in kind else dice.randbytes(length))


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("zeros at the start", 0),
        ("random start", 1),
        ("zeros as lock", 2),
        ("random lock", 3),
        *(("random places", seed) for seed in (2, 3, 7)),
    ],
)
async def test_a_damaged_table_is_made_anew(kind: str, seed: int, tmp_path: Path) -> None:
    folder, port = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{port}", "--workers", "2")
    async with server.running(tmp_path, *arguments) as running:
        await becomes(port, "/ready", 200, "ready")
        (live,) = (tmp_path / "state").glob("**/live")
        damage(live, kind, seed)
        # So that the watcher writes, too: whoever comes first meets the damage.
        (folder / "more.yaml").write_text(manifests.service("more", "10.96.0.7"))

        async with asyncio.timeout(PATIENCE):
            while "made anew" not in running.log.read_text():
                await asking.udp(running.address, [QUERY] * 20, sockets=20, tries=1, patience=0.2)
        await becomes(port, "/ready", 200, "ready")
        replies = await asking.udp(running.address, [QUERY] * 50, sockets=50)

    assert [reply and reply[3] & 0xF for reply in replies] == [dns.rcode.NOERROR] * 50
    assert "Traceback" not in running.log.read_text()


async def test_a_second_damage_soon_leads_to_an_empty_table(tmp_path: Path) -> None:
    """The snapshot that the first one was mended with may be damaged too."""
    folder, port = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{port}", "--workers", "1")
    async with server.running(tmp_path, *arguments) as running:
        for ending in ("made anew [", "made anew, and from empty ["):
            await becomes(port, "/ready", 200, "ready")
            (live,) = (tmp_path / "state").glob("**/live")
            damage(live, "zeros at the start", 0)
            async with asyncio.timeout(PATIENCE):
                while ending not in running.log.read_text():
                    await asking.udp(running.address, [QUERY] * 20, sockets=20, tries=1, patience=0.2)
        await becomes(port, "/ready", 200, "ready")
        replies = await asking.udp(running.address, [QUERY] * 5)

    assert [reply and reply[3] & 0xF for reply in replies] == [dns.rcode.NOERROR] * 5
