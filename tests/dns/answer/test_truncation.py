"""Answers that do not fit: never larger than allowed, whole records, glue first to go, TC."""

import functools

import pytest

from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.wire import messages
from tests.dns import asked, tables

ENDPOINTS = 10_000
FULL = {"A": 16, "SRV": 12 + 6 + len(asked.wire_name("host-12345.headless"))}
"""Bytes of a record."""


@functools.cache
def endpoints(count: int = ENDPOINTS) -> FastPathCaches:
    """A headless Service: addresses, and an SRV record for each endpoint."""
    lines = []
    for number in range(count):
        host, address = f"host-{10000 + number}.headless", f"10.1.{number >> 8}.{number & 255}"
        lines += [f"headless 30 A {address}", f"headless 30 SRV 0 1 80 {host}", f"{host} 30 A {address}"]
    return tables.make(lines)


def allowed(size: int | None) -> int:
    """Bytes of a reply over UDP to a query with this size in its OPT."""
    return 512 if size is None else max(512, min(size, messages.MAX_UDP_SIZE))


@pytest.mark.parametrize("size", [None, 0, 512, 513, 700, 1231, 1232, 1233, 4096, 65535])
@pytest.mark.parametrize("rrtype", ["A", "SRV"])
@pytest.mark.parametrize("count", [2, 12, 40, 64, 65, 100, ENDPOINTS])
def test_over_udp(count: int, rrtype: str, size: int | None) -> None:
    packet = asked.packet("headless", rrtype, additional=() if size is None else (asked.opt(size),))
    reply = asked.reply(endpoints(count), packet)
    message = asked.read(reply)
    assert len(reply) <= allowed(size)
    assert (message.edns >= 0) == (size is not None)
    assert asked.is_cut(message) == (len(message.answer) < count)
    assert len(set(map(str, message.answer))) == len(message.answer)
    if asked.is_cut(message):
        assert not message.additional, "glue goes first"
        assert len(reply) + FULL[rrtype] > allowed(size), "one more record would fit"


@pytest.mark.parametrize("rrtype", ["A", "SRV"])
def test_ten_thousand_over_tcp(rrtype: str) -> None:
    packet = asked.packet("headless", rrtype)
    reply = asked.reply(endpoints(), packet, stream=True)
    message = asked.read(reply)
    assert messages.MAX_TCP_SIZE - FULL[rrtype] < len(reply) <= messages.MAX_TCP_SIZE
    assert asked.is_cut(message)
    assert not message.additional
    assert (
        len(set(map(str, message.answer)))
        == len(message.answer)
        == (messages.MAX_TCP_SIZE - len(packet)) // FULL[rrtype]
    )


@pytest.mark.parametrize(("rrtype", "count"), [("A", 65), ("A", 4000), ("SRV", 65), ("SRV", 600)])
def test_large_and_whole_over_tcp(rrtype: str, count: int) -> None:
    message = asked.ask(endpoints(count), "headless", rrtype, stream=True)
    assert not asked.is_cut(message)
    assert len(set(map(str, message.answer))) == len(message.answer) == count
    targets = {rrset[0].target for rrset in message.answer} if rrtype == "SRV" else set()
    assert {rrset.name for rrset in message.additional} == targets


def test_glue_that_does_not_fit_is_left_out_without_tc() -> None:
    count = (messages.MAX_TCP_SIZE - 100) // FULL["SRV"]
    message = asked.ask(endpoints(count), "headless", "SRV", stream=True)
    assert not asked.is_cut(message)
    assert len(message.answer) == count
    assert len(message.additional) < count


@pytest.mark.parametrize("rrtype", ["A", "SRV"])
@pytest.mark.parametrize(
    ("count", "stream"), [(40, False), (100, False), (ENDPOINTS, False), (ENDPOINTS, True)]
)
def test_each_time_another_part(rrtype: str, count: int, stream: bool) -> None:
    packet = asked.packet("headless", rrtype)
    replies = (asked.reply(endpoints(count), packet, stream) for _ in range(8))
    parts = {frozenset(map(str, asked.read(reply).answer)) for reply in replies}
    assert len(parts) == 8
