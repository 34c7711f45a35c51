"""When an upstream is asked without OPT: each line of the table, and what no order of events may bring."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.response import Response
from svcdns.forward import edns_memory
from svcdns.forward.edns_memory import LIFETIME_SECONDS, RECENT_SECONDS, EdnsMemory
from svcdns.forward.options import Upstream

UPSTREAM = Upstream("192.0.2.53")
NAMES = [b"\1%c\0" % letter for letter in b"abcde"]
NOW = 1000.0


def response(rcode: int, has_edns: bool = False) -> Response:
    return Response(1, 0x8180, rcode, b"", Sections(), has_edns=has_edns)


GOOD = response(records.NOERROR)


def suspect(memory: EdnsMemory, *names: bytes, now: float = NOW) -> None:
    for name in names:
        memory.record_answer_without(UPSTREAM, name, GOOD, now, now)


@pytest.mark.parametrize("rcode", [records.FORMERR, records.NOTIMP, records.BADVERS])
def test_what_rejects_opt_is_asked_once_without(rcode: int) -> None:
    memory = EdnsMemory()
    assert memory.is_rejection(UPSTREAM, response(rcode), NOW)
    memory.record_accepted(UPSTREAM, NOW)
    assert memory.is_rejection(UPSTREAM, response(rcode, has_edns=True), NOW)


def test_servfail_may_be_a_rejection_of_one_that_has_never_shown_edns() -> None:
    memory = EdnsMemory()
    plain, with_opt = response(records.SERVFAIL), response(records.SERVFAIL, has_edns=True)
    assert memory.is_rejection(UPSTREAM, plain, NOW)
    assert not memory.is_rejection(UPSTREAM, with_opt, NOW)
    memory.record_accepted(UPSTREAM, NOW)
    assert not memory.is_rejection(UPSTREAM, plain, NOW + RECENT_SECONDS - 1)
    assert memory.is_rejection(UPSTREAM, plain, NOW + RECENT_SECONDS)


@pytest.mark.parametrize("rcode", [records.NOERROR, records.NXDOMAIN, records.REFUSED, records.YXDOMAIN])
def test_any_other_answer_is_one(rcode: int) -> None:
    assert not EdnsMemory().is_rejection(UPSTREAM, response(rcode), NOW)


def test_three_names_and_then_one_trial_after_each_lifetime() -> None:
    memory = EdnsMemory()
    suspect(memory, *NAMES[:2])
    assert memory.plan_query(UPSTREAM, NOW)
    suspect(memory, NAMES[2])
    assert not memory.plan_query(UPSTREAM, NOW + LIFETIME_SECONDS - 1)
    trials = [memory.plan_query(UPSTREAM, NOW + LIFETIME_SECONDS) for _ in range(5)]
    assert trials == [True, False, False, False, False]
    suspect(memory, NAMES[3], now=NOW + LIFETIME_SECONDS)
    assert not memory.plan_query(UPSTREAM, NOW + 2 * LIFETIME_SECONDS - 1)
    assert memory.plan_query(UPSTREAM, NOW + 2 * LIFETIME_SECONDS)
    memory.record_accepted(UPSTREAM, NOW + 2 * LIFETIME_SECONDS)
    assert memory.plan_query(UPSTREAM, NOW + 2 * LIFETIME_SECONDS)


def test_one_name_is_never_enough() -> None:
    memory = EdnsMemory()
    suspect(memory, *[NAMES[0]] * 50)
    assert memory.plan_query(UPSTREAM, NOW)


def test_what_fails_without_opt_too_does_not_count() -> None:
    memory = EdnsMemory()
    for name in NAMES:
        memory.record_answer_without(UPSTREAM, name, response(records.SERVFAIL), NOW, NOW)
    assert memory.plan_query(UPSTREAM, NOW)


def test_loss_is_no_reason() -> None:
    """An OPT that was accepted a moment ago outweighs any number of silences; one long ago does not."""
    memory = EdnsMemory()
    memory.record_accepted(UPSTREAM, NOW)
    assert memory.is_proven(UPSTREAM, NOW)
    suspect(memory, *NAMES, now=NOW + RECENT_SECONDS - 1)
    assert memory.plan_query(UPSTREAM, NOW + RECENT_SECONDS - 1)
    suspect(memory, *NAMES, now=NOW + RECENT_SECONDS)
    assert not memory.is_proven(UPSTREAM, NOW + RECENT_SECONDS)
    assert not memory.plan_query(UPSTREAM, NOW + RECENT_SECONDS)


def test_what_was_lost_together_counts_once() -> None:
    """As on a node whose network comes up while the first questions wait."""
    memory = EdnsMemory()
    for name in NAMES:
        memory.record_answer_without(UPSTREAM, name, GOOD, NOW, NOW + 1)
    assert memory.plan_query(UPSTREAM, NOW + 1)
    for number, name in enumerate(NAMES[1:3], 1):
        memory.record_answer_without(UPSTREAM, name, GOOD, NOW + number, NOW + number + 1)
    assert not memory.plan_query(UPSTREAM, NOW + 3)


def test_each_upstream_for_itself_and_no_more_than_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edns_memory, "MAX_UPSTREAMS", 3)
    memory = EdnsMemory()
    suspect(memory, *NAMES)
    for number in range(3):
        assert not memory.plan_query(UPSTREAM, NOW) or number == 2
        memory.record_accepted(Upstream(f"192.0.2.{number}"), NOW)
    assert memory.plan_query(UPSTREAM, NOW), "the one that was longest not heard of is forgotten"


EVENTS = st.lists(st.tuples(st.sampled_from([*NAMES, None]), st.floats(0, 400)), max_size=40)


@given(EVENTS)
def test_without_opt_only_after_three_names_and_no_accepted_opt(
    events: list[tuple[bytes | None, float]],
) -> None:
    """`None` is an accepted OPT; each event comes so many seconds after the one before it."""
    memory, now = EdnsMemory(), NOW
    accepted_at, names, trials = float("-inf"), set[bytes](), list[float]()
    for name, seconds in events:
        now += seconds
        has_opt = memory.plan_query(UPSTREAM, now)
        if len(names) < 3:
            assert has_opt
        elif has_opt:
            trials.append(now)

        if name is not None and has_opt:
            suspect(memory, name, now=now)
            names |= {name} if now - accepted_at >= RECENT_SECONDS else set()
        elif has_opt:
            memory.record_accepted(UPSTREAM, now)
            accepted_at, names, trials = now, set(), []
        assert all(after - before >= LIFETIME_SECONDS for before, after in itertools.pairwise(trials))
