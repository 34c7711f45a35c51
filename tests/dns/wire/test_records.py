"""RDATA as dnspython writes it, and what a SOA says."""

import dns.rdata
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, Soa

NAME = names.from_text("ns.example.org.")
TEXTS = {
    records.NS: "ns.example.org.",
    records.CNAME: "ns.example.org.",
    records.PTR: "ns.example.org.",
    records.MX: "10 ns.example.org.",
    records.SRV: "1 2 80 ns.example.org.",
}


def wire(rrtype: int, text: str) -> bytes:
    rdata = dns.rdata.from_text("IN", dns.rdatatype.RdataType.make(rrtype), text)
    return rdata.to_wire()  # type: ignore[return-value]


@pytest.mark.parametrize(("rrtype", "text"), TEXTS.items())
def test_targets(rrtype: int, text: str) -> None:
    rdata = wire(rrtype, text)
    assert records.rdata_target(rrtype, rdata) == NAME
    assert records.rrset_targets(rrtype, RRset(1, (rdata, rdata))) == [NAME, NAME]


def test_a_type_without_a_target() -> None:
    with pytest.raises(KeyError):
        records.rdata_target(records.TXT, b"\1x")


@given(st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 65535))
def test_srv(port: int, weight: int, priority: int) -> None:
    text = f"{priority} {weight} {port} ns.example.org."
    assert records.srv_rdata(port, NAME, weight, priority) == wire(records.SRV, text)


def test_txt() -> None:
    assert records.txt_rdata(b"one", b"", b"x" * 255) == wire(records.TXT, f'"one" "" "{"x" * 255}"')


def test_a_soa_has_the_tables_serial_or_its_own() -> None:
    text = "ns.example.org. ns.example.org. {} 7200 1800 86400 30"
    assert Soa(NAME, NAME, 30).pack_rdata(9) == wire(records.SOA, text.format(9))
    assert Soa(NAME, NAME, 30, serial=7).pack_rdata(9) == wire(records.SOA, text.format(7))
    assert Soa(NAME, NAME, 30).pack_rdata((1 << 32) + 1) == wire(records.SOA, text.format(1)), "RFC 1982"


@pytest.mark.parametrize(("ttl", "negative_ttl"), [(None, 30), (5, 5), (300, 30)])
def test_the_ttl_of_a_negative_answer_is_the_smaller_one(ttl: int | None, negative_ttl: int) -> None:
    """RFC 2308 3."""
    record = Soa(NAME, NAME, 30, ttl=ttl).to_record(NAME, 1)
    assert (record.owner, record.type, record.ttl) == (NAME, records.SOA, negative_ttl)
