"""Which queries are usual, and what follows for their replies."""

import pytest

from svcdns.dns.answer.query_shape import QueryShape, parse_shape
from svcdns.dns.wire import messages
from tests.dns import asked

STALE = messages.encode_opt_records((messages.STALE_ANSWER, ""))
NAME = asked.wire_name("x")


def _parse(packet: bytes, *, is_recursive: bool = False) -> QueryShape | None:
    head, tail = packet[2:12], packet[12 + len(NAME) :]
    return parse_shape(head, tail, is_recursive, messages.OPT_RECORDS, STALE)


def test_a_query_without_edns() -> None:
    shape = _parse(asked.packet("x", "AAAA"))
    assert shape is not None
    assert (shape.qtype, shape.udp_limit, shape.do) == (b"\0\x1c", 512, -1)
    assert (shape.opt, shape.nxdomain_opt, shape.choose_opt(STALE)) == (b"", b"", b"")
    assert shape.answer_head == b"\x85\0\0\1"
    assert shape.nodata_head == b"\x85\0\0\1\0\0\0\1\0\0"
    assert shape.nxdomain_head == b"\x85\3\0\1\0\0\0\1\0\0"
    assert shape.upstream_flags == 0, "nobody to ask"


@pytest.mark.parametrize(("size", "limit"), [(0, 512), (700, 700), (65535, messages.MAX_UDP_SIZE)])
@pytest.mark.parametrize("do", [False, True])
def test_a_query_with_edns(size: int, limit: int, do: bool) -> None:
    shape = _parse(asked.packet("x", additional=(asked.opt(size, do=do, options=asked.PADDING),)))
    assert shape is not None
    assert (shape.udp_limit, shape.do) == (limit, do)
    assert (shape.opt, shape.nxdomain_opt) == (messages.OPT_RECORDS[do], STALE[do])
    assert shape.nodata_head[-2:] == b"\0\1"


@pytest.mark.parametrize(("flags", "upstream_flags"), [(0x0100, 0x8180), (0x0110, 0x8190), (0x0010, 0)])
def test_an_upstream_is_asked_only_with_rd(flags: int, upstream_flags: int) -> None:
    shape = _parse(asked.packet("x", flags=flags), is_recursive=True)
    assert shape is not None
    assert (shape.upstream_flags, shape.query_flags) == (upstream_flags, flags & 0x30)


@pytest.mark.parametrize(
    "packet",
    [
        asked.packet("x", flags=0x8100),
        asked.packet("x", flags=0x2100),
        asked.packet("x", "ANY"),
        asked.packet("x", "AXFR"),
        asked.packet("x", rrclass=3),
        asked.packet("x", additional=(asked.opt(version=1),)),
        asked.packet("x", additional=(asked.opt(), asked.opt())),
        asked.packet("x", additional=(asked.opt(options=asked.PADDING[:-1]),)),
        asked.packet("x", additional=(asked.opt(options=asked.COOKIE),)),
        asked.packet("x", additional=(asked.opt(options=asked.PADDING + asked.COOKIE),)),
        asked.packet("x")[:-1],
        asked.packet("x") + b"\0",
    ],
    ids=[
        "QR",
        "opcode",
        "ANY",
        "AXFR",
        "class",
        "EDNS 1",
        "two OPTs",
        "cut option",
        "cookie",
        "cookie behind",
        "cut",
        "longer",
    ],
)
def test_what_is_not_usual(packet: bytes) -> None:
    assert _parse(packet) is None
