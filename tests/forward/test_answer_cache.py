"""What is kept of upstreams' answers, for how long, and with which TTLs (RFC 2308, RFC 8767)."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.forward import cache_entry
from svcdns.forward.answer_cache import AnswerCache
from svcdns.forward.cache_entry import CacheEntry
from svcdns.forward.options import CacheOptions
from svcdns.forward.questions import Question, UpstreamAnswer

NAME = names.from_text("www.example.com.")
ASKED = Question(NAME, records.A, False, False)
SOA = Record(
    names.from_text("example.com."),
    records.SOA,
    600,
    records.Soa(names.from_text("ns."), names.from_text("host."), 120).pack_rdata(1),
)


def bounded(size: int, entries: int, serve_stale: int = 86_400) -> CacheOptions:
    """Room for so many bytes, and so many entries."""
    mib = size / (1 << 20)
    return CacheOptions(size=mib, entries_per_mib=entries / mib, serve_stale=serve_stale)


def address(number: int, ttl: int = 60, owner: bytes = NAME) -> Record:
    return Record(owner, records.A, ttl, bytes((192, 0, 2, number)))


def answer(
    *found: Record, rcode: int = records.NOERROR, authority: tuple[Record, ...] = ()
) -> UpstreamAnswer:
    return UpstreamAnswer(rcode, Sections(list(found), list(authority)))


def ttls(kept: AnswerCache, now: float, asked: Question = ASKED) -> list[int] | None:
    entry = kept.get(asked.cache_key, now)
    if entry is None:
        return None
    sections = entry.to_answer(asked.name, now).sections
    return [record.ttl for record in (*sections.answer, *sections.authority)]


def test_ttls_count_down_and_the_least_one_ends_it() -> None:
    kept = AnswerCache(CacheOptions(serve_stale=0))
    kept.put(ASKED, answer(address(1, 60), address(2, 100)), 10.0)
    assert ttls(kept, 10.0) == [60, 100]
    assert ttls(kept, 10.9) == [60, 100]
    assert ttls(kept, 69.9) == [1, 41]
    assert ttls(kept, 70.0) is None


@pytest.mark.parametrize("rcode", [records.NOERROR, records.NXDOMAIN])
def test_a_negative_answer_lives_as_its_soa_says(rcode: int) -> None:
    kept = AnswerCache(CacheOptions(serve_stale=0))
    kept.put(ASKED, answer(rcode=rcode, authority=(SOA,)), 0.0)
    assert ttls(kept, 119.9) == [1]
    assert ttls(kept, 120.0) is None


def test_without_an_soa_a_negative_answer_is_not_kept() -> None:
    kept = AnswerCache(CacheOptions())
    kept.put(ASKED, answer(rcode=records.NXDOMAIN), 0.0)
    kept.put(ASKED, answer(), 0.0)
    assert len(kept) == 0


def test_a_cname_alone_is_negative_where_an_soa_says_so() -> None:
    cname = Record(NAME, records.CNAME, 600, names.from_text("x.example.com."))
    kept = AnswerCache(CacheOptions(serve_stale=0))
    kept.put(ASKED, answer(cname, authority=(SOA,)), 0.0)
    assert ttls(kept, 119.0) == [481, 1]
    entry = kept.get(ASKED.cache_key, 119.0)
    assert entry is not None and not entry.is_chain_incomplete


def test_a_chain_without_an_end_is_kept_as_that() -> None:
    """Its target is asked for by itself; that there is nothing is not said."""
    cname = Record(NAME, records.CNAME, 600, names.from_text("x.example.com."))
    kept = AnswerCache(CacheOptions(serve_stale=0))
    kept.put(ASKED, answer(cname, rcode=records.NXDOMAIN), 0.0)
    assert len(kept) == 0
    kept.put(ASKED, answer(cname), 0.0)
    assert ttls(kept, 599.0) == [1]
    entry = kept.get(ASKED.cache_key, 0.0)
    assert entry is not None and entry.is_chain_incomplete


def test_an_alias_is_the_answer_to_a_question_for_it() -> None:
    asked, kept = Question(NAME, records.CNAME, False, False), AnswerCache(CacheOptions(serve_stale=0))
    kept.put(asked, answer(Record(NAME, records.CNAME, 600, names.from_text("x.example.com."))), 0.0)
    assert ttls(kept, 599.0, asked) == [1]
    entry = kept.get(asked.cache_key, 0.0)
    assert entry is not None and not entry.is_chain_incomplete


def test_a_signed_cname_alone_is_negative_too() -> None:
    cname = Record(NAME, records.CNAME, 600, names.from_text("x.example.com."))
    signature = Record(NAME, 46, 600, records.CNAME.to_bytes(2, "big") + bytes(20))
    asked, kept = Question(NAME, records.A, False, True), AnswerCache(CacheOptions(serve_stale=0))
    kept.put(asked, answer(cname, signature, authority=(SOA,)), 0.0)
    assert ttls(kept, 119.9, asked) == [481, 481, 1]
    assert ttls(kept, 120.0, asked) is None


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["success", "alias", "nodata", "nxdomain"]))),
    st.lists(st.integers(0, 50), min_size=1),
)
def test_denials_are_counted(puts: list[tuple[int, str]], pauses: list[int]) -> None:
    """Among those that are kept, replaced, past their time, and evicted."""
    kept, now = AnswerCache(bounded(5000, 50_000, serve_stale=20)), 0.0
    cname = Record(NAME, records.CNAME, 60, names.from_text("x.example.com."))
    told = {
        "success": answer(address(1)),
        "alias": answer(cname, authority=(SOA,)),
        "nodata": answer(authority=(SOA,)),
        "nxdomain": answer(rcode=records.NXDOMAIN, authority=(SOA,)),
    }
    questions = [
        Question(names.from_text(f"{number}.example.com."), records.A, False, False) for number in range(10)
    ]
    for at, (number, kind) in enumerate(puts):
        now += pauses[at % len(pauses)]
        kept.put(questions[number], told[kind], now)
    alive = [entry for asked in questions if (entry := kept.get(asked.cache_key, now))]
    assert (kept.negative_count, len(kept)) == (sum(entry.is_negative for entry in alive), len(alive))
    assert 0 <= kept.evicted_negative_count <= kept.eviction_count
    assert all(entry.is_negative == bool(entry.rcode or not _has_address(entry, now)) for entry in alive)


def _has_address(entry: CacheEntry, now: float) -> bool:
    return any(record.type == records.A for record in entry.to_answer(NAME, now).sections.answer)


@pytest.mark.parametrize("rcode", [records.SERVFAIL, records.REFUSED, records.FORMERR])
def test_a_failure_replaces_nothing(rcode: int) -> None:
    kept = AnswerCache(CacheOptions())
    kept.put(ASKED, answer(address(1)), 0.0)
    kept.put(ASKED, answer(rcode=rcode), 1.0)
    assert ttls(kept, 1.0) == [59]


def test_ttls_have_bounds() -> None:
    kept = AnswerCache(CacheOptions(min_ttl=30, max_ttl=100, max_negative_ttl=40, serve_stale=0))
    kept.put(ASKED, answer(address(1, 5), address(2, 86400)), 0.0)
    assert ttls(kept, 0.0) == [30, 100]
    assert ttls(kept, 29.9) == [1, 71]
    assert ttls(kept, 30.0) is None
    kept.put(ASKED, answer(rcode=records.NXDOMAIN, authority=(SOA,)), 0.0)
    assert ttls(kept, 39.9) is not None
    assert ttls(kept, 40.0) is None


def test_a_ttl_of_zero_is_not_kept() -> None:
    kept = AnswerCache(CacheOptions())
    kept.put(ASKED, answer(address(1, 0)), 0.0)
    assert len(kept) == 0


def test_what_has_ended_is_stale_for_a_while() -> None:
    kept = AnswerCache(CacheOptions(serve_stale=1000))
    kept.put(ASKED, answer(address(1, 60)), 0.0)
    assert ttls(kept, 60.0) == [cache_entry.STALE_TTL]
    assert ttls(kept, 1059.0) == [cache_entry.STALE_TTL]
    assert ttls(kept, 1060.0) is None


def test_its_number_is_bounded_and_the_least_recent_goes() -> None:
    kept = AnswerCache(bounded(1 << 20, 100))
    asked = [Question(names.from_text(f"n{number}."), records.A, False, False) for number in range(150)]
    for question in asked:
        kept.put(question, answer(address(1, owner=question.name)), 0.0)
        kept.get(asked[0].cache_key, 0.0)
    assert len(kept) == 100
    assert kept.get(asked[0].cache_key, 0.0) is not None
    assert kept.get(asked[1].cache_key, 0.0) is None
    assert kept.size_bytes <= 1 << 20


def test_its_bytes_are_bounded() -> None:
    kept = AnswerCache(bounded(100_000, 10_000))
    for number in range(20):
        asked = Question(names.from_text(f"n{number}."), records.TXT, False, False)
        large = [Record(asked.name, records.TXT, 60, bytes(200)) for _ in range(100)]
        kept.put(asked, answer(*large), 0.0)
    assert 1 <= len(kept) < 5
    kept.put(ASKED, answer(*large * 10), 0.0)
    assert kept.get(ASKED.cache_key, 0.0) is None, "larger than all of the cache"


@pytest.mark.parametrize(
    ("host", "addresses", "errors"),
    [("h{}.", 1, 0), (f"{'a' * 60}.{'b' * 60}.{'c' * 60}.h{{}}.", 1, 0), ("h{}.", 60, 0), ("h{}.", 1, 3)],
)
def test_the_bytes_are_those_of_the_memory(host: str, addresses: int, errors: int) -> None:
    """Keys too, and what a renewal leaves behind for a while."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = AnswerCache(bounded(1 << 20, 10_000))
        for number in range(1500):
            for name in (host.format(number), host.format(max(0, number - 300))):
                asked = Question(names.from_text(name), records.A, False, False)
                found = [address(at, owner=asked.name) for at in range(addresses)]
                said = tuple((15, f"{name} {at}" + 80 * "x") for at in range(errors))
                kept.put(
                    asked, UpstreamAnswer(records.NOERROR, Sections(found), extended_errors=said), number / 10
                )
        allocated = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept.size_bytes / 2 < allocated <= kept.size_bytes <= 1 << 20


def test_addresses_beside_an_answer_end_it_too() -> None:
    asked = Question(NAME, records.SRV, False, False)
    target = names.from_text("t.example.com.")
    sections = Sections(
        [Record(NAME, records.SRV, 300, records.srv_rdata(80, target))], [], [address(7, 40, target)]
    )
    kept = AnswerCache(CacheOptions(serve_stale=0))
    kept.put(asked, UpstreamAnswer(records.NOERROR, sections), 0.0)
    entry = kept.get(asked.cache_key, 10.0)
    assert entry is not None
    assert [record.ttl for record in entry.to_answer(NAME, 10.0).sections.additional] == [30]
    assert kept.get(asked.cache_key, 40.0) is None
