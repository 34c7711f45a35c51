"""What `make run` serves: the repository's own manifests and zone file, as README.md shows them."""

from pathlib import Path

import dns.message

from tests import asking, server
from tests.sources.zonefiles import peers

ROOT = Path(__file__).parents[3]


async def test_a_service_leads_into_a_zone_file_and_on(tmp_path: Path) -> None:
    folders = "--manifests", str(ROOT / "deploy" / "examples"), "--zonefiles", str(ROOT / "zonefiles")
    query = dns.message.make_query("search.data.svc.cluster.local.", "A").to_wire()
    async with server.running(tmp_path, *folders) as running:
        await peers.until_served(running.address, "corp.internal.")
        (answer,) = await asking.udp(running.address, [query])
    assert answer is not None
    assert [str(rrset) for rrset in dns.message.from_wire(answer).answer] == [
        "search.data.svc.cluster.local. 30 IN CNAME search.corp.internal.",
        "search.corp.internal. 3600 IN CNAME search-blue.corp.internal.",
        "search-blue.corp.internal. 60 IN A 192.0.2.80",
    ]
    log = running.log.read_text()
    assert "1 of 1 zone files are served" in log
    (warning,) = [line for line in log.splitlines() if "[warning" in line]
    assert "named like top-level domains" in warning, "as shop is"
