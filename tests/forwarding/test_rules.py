"""Rewrite rules, the AAAA filter, hosts, zone files and special-use names, as dig is told them; edits."""

import asyncio
import shutil
import time
from pathlib import Path

import pytest

from tests import running, upstream
from tests.asking import Address
from tests.forwarding import served
from tests.forwarding.named import Names
from tests.patience import PATIENCE
from tests.server import Server

CLUSTER = "default.svc.cluster.local."

UPSTREAM = """
www.example.          300 A     192.0.2.1
www.example.          300 AAAA  2001:db8::1
old.legacy.example.   300 A     192.0.2.2
old.legacy.example.   300 AAAA  2001:db8::2
alias.example.        300 CNAME old.legacy.example.
mail.example.         300 MX    10 www.example.
localhost.            300 A     192.0.2.66
printer.corp.internal. 300 A    192.0.2.66
lonely.example.       300 TXT   "of the upstream"
"""

HOSTS = """\
192.0.2.80    printer.corp.internal printer
2001:db8::80  printer.corp.internal
192.0.2.81    lonely.example
192.0.2.82    web.default.svc.cluster.local
"""

ZONE = """\
$TTL 300
@        SOA    ns hostmaster 1 2 3 4 60
         NS     ns
ns       A      192.0.2.53
www      A      192.0.2.90
printer  A      192.0.2.66
"""

SETTINGS = (
    *("--rewrite", "exact db.old.example api.default.svc.cluster.local"),
    *("--rewrite", "suffix svc.old.example svc.cluster.local"),
    *("--rewrite", r"regex ([^.]+)\.cache {1}.default.svc.cluster.local"),
    *("--rewrite", "suffix mirror.example example"),
    *("--filter-aaaa", "legacy.example"),
)
API = """
apiVersion: v1
kind: Service
metadata: {name: api, namespace: default}
spec: {clusterIP: 10.96.0.9, ports: [{name: http, port: 80}]}
"""

SAID = f"""
www.example. A                    NOERROR 192.0.2.1
www.example. AAAA                 NOERROR 2001:db8::1

# rewrite rules: the answer has the name that was asked for
db.old.example. A                 NOERROR 10.96.0.9
DB.Old.Example. A                 NOERROR 10.96.0.9
api.default.svc.old.example. A    NOERROR 10.96.0.9
_http._tcp.api.default.svc.old.example. SRV NOERROR 0 100 80 api.default.svc.old.example.
no.default.svc.old.example. A     NXDOMAIN
api.cache. A                      NOERROR 10.96.0.9
api.cache. AAAA                   NOERROR
www.mirror.example. A             NOERROR 192.0.2.1
mail.mirror.example. MX           NOERROR 10 www.mirror.example.
no.mirror.example. A              NXDOMAIN

# the AAAA filter
old.legacy.example. A             NOERROR 192.0.2.2
old.legacy.example. AAAA          NOERROR
alias.example. A                  NOERROR old.legacy.example. 192.0.2.2

# hosts go before zones, the cluster's too, and before upstreams
printer. A                        NOERROR 192.0.2.80
printer.corp.internal. A          NOERROR 192.0.2.80
printer.corp.internal. AAAA       NOERROR 2001:db8::80
printer.corp.internal. MX         NOERROR
lonely.example. A                 NOERROR 192.0.2.81
lonely.example. TXT               NOERROR
web.{CLUSTER} A                   NOERROR 192.0.2.82
81.2.0.192.in-addr.arpa. PTR      NOERROR lonely.example.

# zone files
www.corp.internal. A              NOERROR 192.0.2.90
www.corp.internal. AAAA           NOERROR
no.corp.internal. A               NXDOMAIN

# special-use names
localhost. A                      NOERROR 127.0.0.1
localhost. AAAA                   NOERROR ::1
db.localhost. A                   NOERROR 127.0.0.1
localhost. MX                     NOERROR
invalid. A                        NOERROR
www.invalid. A                    NXDOMAIN
1.0.0.127.in-addr.arpa. PTR       NOERROR localhost.
2.0.0.127.in-addr.arpa. PTR       NXDOMAIN
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa. PTR NOERROR localhost.
_dns.resolver.arpa. SVCB          NOERROR
expyuzz4wqqyqhjn.onion. A         NXDOMAIN
www.alt. A                        NXDOMAIN
onion. A                          NOERROR
1.0.0.0.in-addr.arpa. PTR         NXDOMAIN
255.255.255.255.in-addr.arpa. PTR NOERROR
7.2.0.192.in-addr.arpa. PTR       NXDOMAIN
1.1.254.169.in-addr.arpa. PTR     NXDOMAIN
b.e.f.ip6.arpa. SOA     NOERROR b.e.f.ip6.arpa. nobody.invalid. 1 3600 1200 604800 10800
resolver.arpa. A                  NOERROR
"""
ROWS = [row.split() for row in SAID.splitlines() if row and not row.startswith("#")]


def write(folder: Path) -> tuple[str, ...]:
    """The files, and the arguments to serve them."""
    (folder / "hosts").write_text(HOSTS)
    (folder / "zones").mkdir()
    (folder / "zones" / "corp.internal.zone").write_text(ZONE)
    return "--hosts", str(folder / "hosts"), "--zonefiles", str(folder / "zones")


async def dig(at: Address, name: str, rrtype: str) -> list[str]:
    """The rcode and the answer's data; all of it is of the name that was asked for, or behind a CNAME."""
    program = shutil.which("dig")
    if program is None:
        pytest.skip("dig is not installed")

    command = "-p", str(at[1]), f"@{at[0]}", "+noall", "+comments", "+answer", "-t", rrtype, "-q", name
    process = await asyncio.create_subprocess_exec(program, *command, stdout=asyncio.subprocess.PIPE)
    printed = (await process.communicate())[0].decode()
    (status,) = (line for line in printed.splitlines() if "status:" in line)
    answer = [line.split() for line in printed.splitlines() if line and line[0] != ";"]
    assert not answer or answer[0][0] == name

    return [status.split("status: ")[1].split(",")[0], *(word for line in answer for word in line[4:])]


async def test_as_dig_is_told(tmp_path: Path) -> None:
    names, files = Names(UPSTREAM), write(tmp_path)
    async with (
        upstream.faulty(names.answer, names.answer) as up,
        served.running(tmp_path, *served.forward(up.port), *files, *SETTINGS, names=[API]) as server,
    ):
        await becomes(server.address, "www.corp.internal.", "A 192.0.2.90")
        await becomes(server.address, "lonely.example.", "A 192.0.2.81")
        for _ in range(2):
            message = await asyncio.gather(*(dig(server.address, name, rrtype) for name, rrtype, *_ in ROWS))
            wrong = [(row, item) for row, item in zip(ROWS, message, strict=True) if row[2:] != item]
            assert not wrong


async def test_edits_are_answered_within_moments(tmp_path: Path) -> None:
    files = write(tmp_path)
    hosts, zone = tmp_path / "hosts", tmp_path / "zones" / "corp.internal.zone"
    async with served.running(tmp_path, *files) as server:
        at = server.address
        await becomes(at, "lonely.example.", "A 192.0.2.81")
        hosts.write_text(HOSTS.replace("192.0.2.81", "192.0.2.181") + "192.0.2.83 more.example\n")
        await becomes(at, "lonely.example.", "A 192.0.2.181")
        await becomes(at, "more.example.", "A 192.0.2.83")
        await becomes(at, "83.2.0.192.in-addr.arpa.", "PTR more.example.", "PTR")
        hosts.write_text("192.0.2.83 more.example\n")
        await becomes(at, "lonely.example.", "REFUSED")
        await becomes(at, served.WEB, f"A {served.WEB_ADDRESS}")

        await becomes(at, "www.corp.internal.", "A 192.0.2.90")
        edit(zone, "192.0.2.91", "new CNAME www\n")
        await becomes(at, "www.corp.internal.", "A 192.0.2.91")
        await becomes(at, "new.corp.internal.", "CNAME www.corp.internal. | A 192.0.2.91")
        zone.with_name("more.test.zone").write_text(ZONE)
        await becomes(at, "www.more.test.", "A 192.0.2.90")
        await a_bad_zone_keeps_the_last_good_one(server, zone)
        zone.unlink()
        await becomes(at, "www.corp.internal.", "REFUSED")
        assert served.said(await served.ask(at, "www.more.test.")) == "A 192.0.2.90"
        assert "Traceback" not in server.log.read_text()


async def a_bad_zone_keeps_the_last_good_one(server: Server, zone: Path) -> None:
    edit(zone, "192.0.2.900")
    await running.until(lambda: f"{zone}:5:" in server.log.read_text(), "the line is named")
    assert served.said(await served.ask(server.address, "www.corp.internal.")) == "A 192.0.2.91"
    edit(zone, "192.0.2.92")
    await becomes(server.address, "www.corp.internal.", "A 192.0.2.92")
    await becomes(server.address, "new.corp.internal.", "NXDOMAIN")


def edit(zone: Path, www: str, extra: str = "") -> None:
    zone.write_text(ZONE.replace("192.0.2.90", www) + extra)


async def becomes(at: Address, name: str, expected: str, rrtype: str = "A") -> None:
    """It is answered so, soon."""
    end = time.monotonic() + PATIENCE
    while (message := served.said(await served.ask(at, name, rrtype))) != expected:
        assert time.monotonic() < end, f"{name}: {message}, not {expected}"
        await asyncio.sleep(0.01)
