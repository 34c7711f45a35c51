"""Probes against real servers: which one leads back here, and which say the same."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rrset
import pytest
from dns.message import Message

from svcdns.dns.answer import loop_probe
from svcdns.dns.wire import names, records
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.upstream_client import UpstreamClient
from svcdns.forward.upstream_probes import Prober, ProbeResult, describe_disagreement
from tests.forward import fake_upstreams
from tests.forward.fake_upstreams import failing, good
from tests.patience import PATIENCE
from tests.server import free_port

KEY = b"the key of this server"
ROOT = names.ROOT
CORP = names.from_text("corp.example.")


def this_server(query: Message, key: bytes = KEY) -> list[bytes]:
    """What a worker does: its own probe is answered at once, all else as others answer it."""
    name = query.question[0].name
    if not loop_probe.is_own_probe(key, names.from_text(name.to_text()).lower()):
        return [good(query)]
    reply = dns.message.make_response(query)
    reply.answer.append(dns.rrset.from_text(name, 0, "IN", "TXT", "svcdns"))
    return [reply.to_wire()]


def of(server: fake_upstreams.Upstream) -> Upstream:
    return Upstream(*server.address[:2])


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    exchange = UpstreamClient(ForwardOptions())
    yield Prober(exchange, KEY, 2.0)
    exchange.close()


@pytest.mark.parametrize("suffix", [ROOT, CORP])
async def test_an_upstream_that_leads_back(prober: Prober, suffix: bytes) -> None:
    async with fake_upstreams.upstream(this_server) as server:
        assert await prober.detect_loop(of(server), suffix, 3) is True
        assert server.asked == 3


async def test_a_probe_is_below_the_suffix_never_twice_and_with_checks_disabled(prober: Prober) -> None:
    seen = []

    def behave(query: Message) -> list[bytes]:
        asked = query.question[0]
        seen.append((names.from_text(asked.name.to_text()), asked.rdtype, query.flags))
        return [good(query)]

    async with fake_upstreams.upstream(behave) as server:
        assert await prober.detect_loop(of(server), CORP, 3) is False
    assert len({name for name, _, _ in seen}) == 3
    for name, rrtype, flags in seen:
        assert names.is_subdomain(name, CORP) and loop_probe.is_own_probe(KEY, name)
        assert rrtype == records.TXT and flags & dns.flags.CD


async def test_another_server_of_the_same_kind_is_no_loop(prober: Prober) -> None:
    async with fake_upstreams.upstream(lambda query: this_server(query, b"another key")) as server:
        assert await prober.detect_loop(of(server), ROOT, 3) is False


async def test_one_of_several_behind_an_address_is_this_server(prober: Prober) -> None:
    turn = iter((b"another", b"a third", KEY))
    async with fake_upstreams.upstream(lambda query: this_server(query, next(turn))) as server:
        assert await prober.detect_loop(of(server), ROOT, 3) is True


async def test_silence_tells_nothing() -> None:
    prober = Prober(UpstreamClient(ForwardOptions()), KEY, 0.1)
    async with fake_upstreams.upstream(lambda query: []) as server:
        assert await prober.detect_loop(of(server), ROOT, 3) is None
        assert await prober.probe(of(server), ROOT) is None


async def test_a_suffix_that_leaves_no_room_is_not_probed(prober: Prober) -> None:
    async with fake_upstreams.upstream(this_server) as server:
        assert await prober.detect_loop(of(server), names.from_text("a." * 120), 3) is False
        assert server.asked == 0


UNBOUND = """
server:
    interface: 127.0.0.1@{port}
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    do-not-query-localhost: no
    module-config: "validator iterator"
    trust-anchor: ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{back}
"""


@pytest.mark.skipif(not shutil.which("unbound"), reason="unbound is not installed")
async def test_a_loop_through_a_resolver_that_checks_signatures(prober: Prober, tmp_path: Path) -> None:
    port = free_port()
    async with fake_upstreams.upstream(this_server) as server:
        text = UNBOUND.format(port=port, folder=tmp_path, back=server.address[1])
        (tmp_path / "unbound.conf").write_text(text)
        command = ["unbound", "-d", "-c", str(tmp_path / "unbound.conf")]
        unbound = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        try:
            async with asyncio.timeout(PATIENCE):
                at = Upstream("127.0.0.1", port)
                while (found := await prober.detect_loop(at, ROOT, 1)) is None:  # noqa: ASYNC110 - it starts
                    await asyncio.sleep(0.05)
        finally:
            unbound.terminate()
            await unbound.wait()
    assert found is True


async def test_those_who_agree(prober: Prober) -> None:
    async with fake_upstreams.upstream(this_server) as one, fake_upstreams.upstream(this_server) as other:
        assert await prober.find_disagreement([of(one), of(other)], ROOT) == ""
        assert await prober.find_disagreement([of(one)], ROOT) == ""


async def test_those_who_do_not(prober: Prober) -> None:
    async with (
        fake_upstreams.upstream(failing("REFUSED")) as one,
        fake_upstreams.upstream(this_server) as other,
    ):
        text = await prober.find_disagreement([of(one), of(other)], CORP)
    assert text == (
        "upstreams that should be alike answer corp.example. SOA differently: "
        f"{of(one)} says REFUSED, {of(other)} says NOERROR with an answer"
    )


def test_who_says_nothing_takes_no_part() -> None:
    one, other = Upstream("192.0.2.1"), Upstream("192.0.2.2")
    assert describe_disagreement([(one, None), (other, ProbeResult(0, True))], ROOT) == ""
    assert describe_disagreement([(one, ProbeResult(0, False)), (other, ProbeResult(0, True))], ROOT) == (
        "upstreams that should be alike answer . NS differently: "
        "192.0.2.1:53 says NOERROR without an answer, 192.0.2.2:53 says NOERROR with an answer"
    )
    assert "RCODE9" in describe_disagreement(
        [(one, ProbeResult(9, False)), (other, ProbeResult(0, True))], ROOT
    )
