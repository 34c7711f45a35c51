"""What is given of a cached answer: TTLs that count down, then a stale answer that says so."""

import pytest

from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.forward import cache_entry, wire_entry
from svcdns.forward.cache_entry import CacheEntry

NAME = names.from_text("www.example.com.")


def make_entry(rcode: int = records.NOERROR, ttl: int = 100) -> CacheEntry:
    """Stored at 10 s, with an extended error of its upstream."""
    sections = Sections([Record(NAME, records.A, ttl, bytes((192, 0, 2, 1)))])
    encoded = wire_entry.encode_sections(NAME, sections)
    return CacheEntry(encoded, rcode, False, ((4, "forged"),), False, False, 1000, 10.0, 10.0 + ttl)


@pytest.mark.parametrize(
    ("now", "ttl"), [(10.0, 100), (10.9, 100), (11.0, 99), (109.9, 1), (110.0, cache_entry.STALE_TTL)]
)
def test_ttls_count_down_whole_seconds_until_it_is_stale(now: float, ttl: int) -> None:
    (record,) = make_entry().to_answer(NAME, now).sections.answer
    assert record.ttl == ttl


@pytest.mark.parametrize(
    ("rcode", "now", "errors"),
    [
        (records.NOERROR, 109.9, ((4, "forged"),)),
        (records.NOERROR, 110.0, ((messages.STALE_ANSWER, ""),)),
        (records.NXDOMAIN, 110.0, ((messages.STALE_NXDOMAIN, ""),)),
    ],
)
def test_bytes_and_records_carry_the_same_errors(
    rcode: int, now: float, errors: tuple[tuple[int, str], ...]
) -> None:
    entry = make_entry(rcode)
    assert entry.to_answer(NAME, now).extended_errors == errors
    assert entry.opt_records(now) == messages.encode_opt_records(*errors)


@pytest.mark.parametrize(
    ("ttl", "now", "expiring"), [(100, 99.9, False), (100, 100.0, True), (5, 13.9, False), (5, 14.0, True)]
)
def test_the_last_tenth_or_second_is_its_end(ttl: int, now: float, expiring: bool) -> None:
    assert make_entry(ttl=ttl).is_expiring(now) is expiring
