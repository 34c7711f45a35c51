"""What is sent in place of a reply beyond the limit, and who is not limited."""

import dns.flags
import dns.rcode
import pytest

from svcdns.dns.clients.rate_limit_options import RateLimitOptions
from svcdns.dns.clients.rate_limiter import RateLimiter
from svcdns.serve.worker.reply_limiter import ReplyLimiter
from tests.dns import asked, tables
from tests.dns.answer.test_cookie_path import split

NSID = bytes.fromhex("00030000")


def limiter(rate: int = 1, **options: object) -> ReplyLimiter:
    settings = RateLimitOptions(**{"rate": rate, "slip": 1, **options})  # type: ignore[arg-type]
    return ReplyLimiter(RateLimiter(settings), tables.make().view, lambda: 0.0)


def replies(limited: ReplyLimiter, packet: bytes, count: int = 3) -> list[bytes | None]:
    """The replies to one query, asked so often."""
    reply = asked.reply(tables.make(), packet)[2:]
    found = limited.limit_batch([packet[2:]] * count, [reply] * count, lambda i: asked.CLIENT)
    return [asked.PREFIX + outcome if isinstance(outcome, bytes) else None for outcome in found]


def web(options: bytes | None = None) -> bytes:
    additional = () if options is None else (asked.opt(options=options),)
    return asked.packet("web.default.svc", additional=additional)


def test_a_reply_beyond_the_limit_is_cut() -> None:
    for packet in (web(), web(b""), asked.packet("no.such")):
        first, second, _ = replies(limiter(), packet)
        assert first == asked.reply(tables.make(), packet)
        message = asked.read(second or b"")
        assert message.flags & dns.flags.TC
        assert (message.rcode(), message.answer, message.authority) == (dns.rcode.NOERROR, [], [])
        assert len(second or b"") <= len(packet), "no amplification"


def test_or_dropped() -> None:
    limited = limiter(slip=0)
    assert replies(limited, web())[1:] == [None, None]
    assert limited.counts["dropped"] == sum(limited.counts.values()) == 2


def test_a_client_with_a_cookie_gets_badcookie_and_a_good_one() -> None:
    for options in (asked.COOKIE, NSID + asked.COOKIE):
        limited = limiter()
        second = replies(limited, web(options))[1] or b""
        assert asked.read(second).rcode() == dns.rcode.BADCOOKIE
        assert not asked.read(second).flags & dns.flags.TC
        assert split(second)[1] == asked.OUR_COOKIE
        assert limited.counts["badcookie"] == sum(limited.counts.values()) == 2


def test_with_the_good_one_it_is_not_limited_and_costs_its_neighbours_nothing() -> None:
    limited = limiter()
    assert None not in replies(limited, web(asked.OUR_COOKIE), 20)
    assert asked.read(replies(limited, web(), 1)[0] or b"").answer
    assert not any(limited.counts.values())


@pytest.mark.parametrize("other", [NSID, asked.PADDING, bytes.fromhex("00080007000118 00c00002")])
def test_nor_with_other_options_beside_it(other: bytes) -> None:
    limited = limiter()
    for options in (other + asked.OUR_COOKIE, asked.OUR_COOKIE + other):
        beside = replies(limited, web(options), 20)
        assert all(asked.read(reply or b"").answer for reply in beside)
    assert asked.read(replies(limited, web(), 1)[0] or b"").answer
    assert not any(limited.counts.values())


@pytest.mark.parametrize(
    "packet",
    [
        asked.packet("web.default.svc", additional=(asked.opt(options=asked.OUR_COOKIE),))[:-1],
        asked.packet("web.default.svc", flags=0x000A),
        asked.packet("web.default.svc", additional=(asked.opt(options=NSID + b"\0\x0a\0\x09" + bytes(9)),)),
    ],
)
def test_what_is_malformed_proves_nothing(packet: bytes) -> None:
    assert replies(limiter(slip=0), packet)[1] is None


def test_a_fault_costs_one_reply_of_a_batch(caplog: pytest.LogCaptureFixture) -> None:
    limited = limiter(rate=100)
    good = asked.reply(tables.make(), web())[2:]
    assert limited.limit_batch([web()[2:], b"", web()[2:]], [good] * 3, lambda i: asked.CLIENT) == [
        good,
        None,
        good,
    ]
    assert "no limit for the reply to 0 bytes" in caplog.text


def test_an_error_is_sent_as_it_is_or_dropped() -> None:
    limited = limiter(slip=2)
    packet = asked.packet("www.example.com.")
    refused = asked.reply(tables.make(), packet)
    assert replies(limited, packet) == [refused, None, refused]
    broken = asked.packet("web.default.svc")[:-1]
    assert replies(limiter(), broken)[1] == asked.reply(tables.make(), broken)


def test_an_exempt_network_is_not_limited() -> None:
    assert None not in replies(limiter(slip=0, exempt=("192.0.2.0/24",)), web(), 20)


def test_spelled_addresses_are_one_name() -> None:
    limited = limiter(slip=0)
    packets = [asked.packet(f"10-0-0-{number}.default.pod") for number in range(5)]
    found = [replies(limited, packet, 1)[0] for packet in packets]
    assert [reply is not None for reply in found] == [True, False, False, False, False]


def test_what_waits_or_has_no_reply_is_left_alone() -> None:
    assert limiter().limit_batch([web()[2:]], [None], lambda i: asked.CLIENT) == [None]


def test_a_reply_that_comes_later_is_limited_too() -> None:
    limited = limiter(slip=0)
    packet = web()
    reply = asked.reply(tables.make(), packet)[2:]
    assert limited.limit_reply(packet[2:], reply, asked.CLIENT) == reply
    assert limited.limit_reply(packet[2:], reply, asked.CLIENT) is None
    assert limited.limited_networks() == ["192.0.2.0/24"]
