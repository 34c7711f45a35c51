"""The data of one record: to wire form, or why it is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names, records
from svcdns.errors import ZoneFileError
from svcdns.sources.zonefiles import rdata_parser

ORIGIN = names.from_text("example.org.")


def test_types_by_name_and_number() -> None:
    assert rdata_parser.type_from_text("mx") == records.MX
    assert rdata_parser.type_from_text("TYPE65280") == 65280
    assert (rdata_parser.type_to_text(records.MX), rdata_parser.type_to_text(65280)) == ("MX", "TYPE65280")


@pytest.mark.parametrize("text", ["ANY", "TYPE0", "TYPE200", "TYPE65536", "x", "", "axfr"])
def test_types_that_no_static_zone_holds(text: str) -> None:
    with pytest.raises(ZoneFileError):
        rdata_parser.type_from_text(text)


@pytest.mark.parametrize(("text", "seconds"), [("300", 300), ("1h30m", 5400), ("2147483647", 2**31 - 1)])
def test_ttls(text: str, seconds: int) -> None:
    assert rdata_parser.parse_ttl(text) == seconds


def test_names_are_below_the_origin_and_compared_without_case() -> None:
    relative = rdata_parser.parse_rdata(records.CNAME, "WWW", ORIGIN)
    absolute = rdata_parser.parse_rdata(records.CNAME, "www.example.org.", ORIGIN)
    assert relative.wire == b"\3WWW" + ORIGIN
    assert relative.canonical == absolute.canonical == b"\3www" + ORIGIN
    with pytest.raises(ZoneFileError, match="a relative name without an origin"):
        rdata_parser.parse_rdata(records.CNAME, "www", None)


@given(st.sampled_from([records.A, records.MX, records.TXT, records.SOA, 257, 65280]), st.text(max_size=30))
def test_any_text_is_data_or_a_zone_file_error(rrtype: int, text: str) -> None:
    try:
        rdata = rdata_parser.parse_rdata(rrtype, text, ORIGIN)
    except ZoneFileError as error:
        assert "is not right; expected" in str(error)
    else:
        assert len(rdata.wire) <= 65535


@pytest.mark.parametrize(
    ("rrtype", "text", "wire"),
    [
        (7, "mail", "046d61696c0365783000"),
        (9, "\\# 3 016100", "016100"),
        (14, "a. b.", "016100016200"),
        (104, "10 14:4fff:ff20:ee64", "000a00144fffff20ee64"),
        (106, "10 2001:db8:0:1", "000a20010db800000001"),
        (108, "00-00-5E-00-53-2a", "00005e00532a"),
        (64, "1 . ech=AAAA port=53", "000100000300020035000500030000" + "00"),
        (65, '1 . mandatory=ech ech="AAE="', "000100000000020005000500020001"),
    ],
)
def test_forms_that_rfcs_allow(rrtype: int, text: str, wire: str) -> None:
    assert rdata_parser.parse_rdata(rrtype, text, b"\3ex0\0").wire.hex() == wire


@pytest.mark.parametrize(
    ("rrtype", "text"),
    [
        (7, "a b"),
        (7, "\\# 2 0161"),
        (14, "a"),
        (14, "\\# 3 016100"),
        (106, "10 2001:db8::"),
        (64, "1 . ech=!"),
    ],
)
def test_what_they_do_not_allow(rrtype: int, text: str) -> None:
    with pytest.raises(ZoneFileError, match="is not right"):
        rdata_parser.parse_rdata(rrtype, text, b"\0")
