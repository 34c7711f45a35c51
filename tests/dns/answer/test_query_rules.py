"""What becomes of a question before it is looked up, and that the hot path leaves all of it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.answer.block_rules import Rule, Rules
from svcdns.dns.answer.query_rules import CompiledRules, policy_of
from svcdns.dns.wire import records
from svcdns.dns.wire.names import from_text

RULES = (Rule("suffix", "old.corp", "new.corp"), Rule("regex", r"([^.]+)\.db", "{1}.svc"))
POLICY = CompiledRules(RULES, [from_text("v4.example"), from_text("new.corp")])

CASES = [
    ("a.v4.example", records.AAAA, True),
    ("v4.example", records.AAAA, True),
    ("xv4.example", records.AAAA, False),
    (r"a\.v4.example", records.AAAA, False),
    ("example", records.AAAA, False),
    (".", records.AAAA, False),
    ("a.v4.example", records.A, False),
    ("a.v4.example", records.ANY, False),
]


@pytest.mark.parametrize(("name", "rrtype", "wanted"), CASES)
def test_the_filter(name: str, rrtype: int, wanted: bool) -> None:
    assert POLICY.is_filtered(from_text(name), rrtype) is wanted
    assert POLICY.affects(from_text(name), rrtype) is wanted


def test_a_dot_is_every_name() -> None:
    everything = CompiledRules((), [from_text(".")])
    assert everything.is_filtered(from_text("."), records.AAAA)
    assert everything.is_filtered(from_text("a.b"), records.AAAA)
    assert not everything.affects(from_text("a.b"), records.A)


def test_a_name_that_a_rule_changes_is_touched() -> None:
    assert POLICY.affects(from_text("a.old.corp"), records.A)
    assert POLICY.affects(from_text("a.db"), records.TXT)
    assert not POLICY.affects(from_text("a.new.corp"), records.A)
    found = POLICY.rewrite(from_text("a.old.corp"))
    assert found is not None and found.name == from_text("a.new.corp")
    assert POLICY.rewrite(from_text("a.new.corp")) is None


@given(st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"\1") + b"\0"), st.integers(0, 65535))
def test_bytes_that_are_no_name_are_left_to_the_slow_path_or_of_no_matter(name: bytes, rrtype: int) -> None:
    assert POLICY.affects(name, rrtype) in (True, False)
    at = 0
    while at < len(name) and name[at]:
        at += name[at] + 1
    if at >= len(name):
        assert POLICY.affects(name, rrtype) is True


def test_without_rules_there_is_none() -> None:
    assert policy_of(Rules()) is None
    assert policy_of(Rules(rewrite=RULES)) is not None
    assert policy_of(Rules(filter_aaaa=(b"\0",))) is not None
    plain = Rules(rewrite=RULES, filter_aaaa=(from_text("a"),))
    assert msgspec.json.decode(msgspec.json.encode(plain), type=Rules) == plain
