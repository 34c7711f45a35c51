"""Rewrite rules: `rule; rule | name | what is looked up`, and the way back."""

import re
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.answer import rewrite
from svcdns.dns.answer.block_rules import Kind, Rule
from svcdns.dns.answer.rewrite import Rewriter, Rewritten
from svcdns.dns.wire import names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.names import from_text
from svcdns.dns.wire.records import Record

CASES = r"""
exact old.corp new.corp                       | old.corp          | new.corp
exact old.corp new.corp                       | a.old.corp        | a.old.corp
exact Old.Corp. NEW.corp                      | old.corp          | new.corp
suffix old.corp new.corp                      | old.corp          | new.corp
suffix old.corp new.corp                      | a.b.old.corp      | a.b.new.corp
suffix old.corp new.corp                      | xold.corp         | xold.corp
suffix old.corp new.corp                      | a\.old.corp       | a\.old.corp
suffix . internal                             | a.b               | a.b.internal
suffix internal .                             | a.b.internal      | a.b
exact a.x b.x; exact a.x c.x                  | a.x               | b.x
suffix x y; exact a.x z                       | a.x               | a.y
exact a.x z; suffix x y                       | a.x               | z
suffix x y; suffix b.x z                      | a.b.x             | a.b.y
suffix b.x z; suffix x y                      | a.b.x             | a.z
regex (.*)\.x {1}.y; suffix x z               | a.x               | a.y
suffix x z; regex (.*)\.x {1}.y               | a.x               | a.z
regex ([^.]+)\.([^.]+)\.db {2}.{1}.svc        | a.b.db            | b.a.svc
regex ([^.]+)\.DB {1}.svc                     | a.db              | a.svc
regex [^.]+\.db db                            | a.b.db            | a.b.db
regex (a)|b {1}.x                             | b                 | b
regex (a)?b {1}x                              | b                 | x
regex (.*)\.x {1}..y                          | a.x               | a.x
regex b\.x c; regex (a)\.x {1}.y; regex .* z  | a.x               | a.y
regex b\.x c; exact a.x e; regex .* z         | a.x               | e
regex ((a+)+)b {1}.y                          | aaab              | aaa.y
exact a.x a.x; suffix x y                     | a.x               | a.x
""".strip().splitlines()


def rules(text: str) -> list[Rule]:
    words = (rule.split() for rule in text.split(";"))
    return [Rule(cast(Kind, kind), source, target) for kind, source, target in words]


@pytest.mark.parametrize("line", CASES)
def test_rules(line: str) -> None:
    text, name, wanted = (part.strip() for part in line.split(" | "))
    found = Rewriter(rules(text)).rewrite(from_text(name))
    assert (found.name if found else from_text(name)) == from_text(wanted)


def test_a_name_that_would_be_too_long_stays() -> None:
    long = from_text(".".join(["a" * 60] * 4))
    assert Rewriter(rules("suffix . corp.internal")).rewrite(long) is None
    assert Rewriter(rules("regex (.*) {1}.corp.internal")).rewrite(long) is None
    found = Rewriter(rules("suffix . corp")).rewrite(long)
    assert found is not None and len(found.name) == len(long) + 5


def test_patterns_see_no_text_that_is_longer_than_a_usual_name() -> None:
    escaped = names.from_labels([b"\0" * 63] * 2)
    assert Rewriter(rules("regex .* a")).rewrite(escaped) is None
    assert Rewriter(rules("regex .* a")).rewrite(names.from_labels([b"\0" * 63])) is not None


def test_rules_are_plain_values() -> None:
    given_rules = rules(r"regex ([^.]+)\.x {1}.y; exact a b")
    assert msgspec.json.decode(msgspec.json.encode(given_rules), type=list[Rule]) == given_rules


LABELS = st.sampled_from(["a", "b", "ab", "x"])
NAMES = st.lists(LABELS, max_size=4).map(lambda labels: ".".join(labels) or ".")
RULES = st.lists(
    st.builds(Rule, st.sampled_from(["exact", "suffix"]), NAMES, NAMES)
    | st.builds(Rule, st.just("regex"), st.sampled_from([r"(.*)\.x", "(a|b)", r"a\.(.*)b"]), NAMES),
    max_size=6,
)


def naive(given_rules: list[Rule], name: str) -> str:
    """The same on lists of labels, rule by rule."""

    def labels(text: str) -> list[str]:
        return [label for label in text.split(".") if label]

    own = labels(name)
    for rule in given_rules:
        source, target = labels(rule.source), labels(rule.target)
        if rule.kind == "exact" and own == source:
            return ".".join(target) or "."
        if rule.kind == "suffix" and own[len(own) - len(source) :] == source and len(own) >= len(source):
            return ".".join(own[: len(own) - len(source)] + target) or "."
        if rule.kind == "regex" and re.fullmatch(rule.source, ".".join(own)):
            return ".".join(target) or "."
    return name


@given(RULES, NAMES)
def test_a_plain_implementation_says_the_same(given_rules: list[Rule], name: str) -> None:
    found = Rewriter(given_rules).rewrite(from_text(name))
    assert names.to_text(found.name if found else from_text(name)) == names.to_text(
        from_text(naive(given_rules, name))
    )


@given(
    st.lists(st.binary(min_size=1, max_size=63), max_size=5).map(lambda labels: labels[:3]),
    st.sampled_from(["regex (.*) {1}.x", r"regex ([^.]*)\.(.*) {2}{1}", "suffix . x", "exact . a"]),
)
def test_any_name_becomes_a_valid_one(labels: list[bytes], rule: str) -> None:
    found = Rewriter(rules(rule)).rewrite(names.from_labels(labels).lower())
    if found is not None:
        assert names.from_labels(names.to_labels(found.name)) == found.name
        assert found.name == found.name.lower()


def record(owner: str, rrtype: int = records.A, rdata: bytes = b"\x0a\0\0\1") -> Record:
    return Record(from_text(owner), rrtype, 30, rdata)


SUFFIX = Rewritten(from_text("a.new.corp"), from_text("new.corp"), from_text("old.example"))
ORIGINAL = from_text("a.old.example")


def back(*found: Record, rewritten: Rewritten = SUFFIX) -> list[Record]:
    sections = Sections(list(found[:1]), list(found[1:2]), list(found[2:]))
    restored = rewrite.restore_names(sections, ORIGINAL, rewritten)
    return [*restored.answer, *restored.authority, *restored.additional]


def test_owners_are_written_back() -> None:
    assert back(record("A.new.corp"), record("new.corp"), record("b.new.corp"), record("xnew.corp")) == [
        record("a.old.example"),
        record("old.example"),
        record("b.old.example"),
        record("xnew.corp"),
    ]


NUMBERS = bytes(range(20))
MOVED, KEPT = from_text("b.new.corp"), from_text("b.old.example")
RDATA = [
    (records.CNAME, MOVED, KEPT),
    (records.NS, MOVED, KEPT),
    (records.PTR, MOVED, KEPT),
    (records.MX, b"\0\1" + MOVED, b"\0\1" + KEPT),
    (records.SRV, NUMBERS[:6] + MOVED, NUMBERS[:6] + KEPT),
    (records.SOA, MOVED + from_text("x.y") + NUMBERS, KEPT + from_text("x.y") + NUMBERS),
    (records.SOA, from_text("x.y") + MOVED + NUMBERS, from_text("x.y") + KEPT + NUMBERS),
    (records.CNAME, from_text("other."), from_text("other.")),
    (records.TXT, records.txt_rdata(MOVED), records.txt_rdata(MOVED)),
]


@pytest.mark.parametrize(("rrtype", "rdata", "wanted"), RDATA)
def test_names_in_data_are_written_back(rrtype: int, rdata: bytes, wanted: bytes) -> None:
    assert back(record("x.y", rrtype, rdata)) == [record("x.y", rrtype, wanted)]


def test_other_rules_write_back_the_owner_alone() -> None:
    exact = Rewritten(from_text("a.new.corp"))
    found = back(record("a.new.corp", records.CNAME, MOVED), record("b.new.corp"), rewritten=exact)
    assert found == [record("a.old.example", records.CNAME, MOVED), record("b.new.corp")]


def test_a_name_that_would_be_too_long_is_not_written_back() -> None:
    longer = Rewritten(from_text("a.x"), from_text("x"), from_text(".".join(["y" * 60] * 3)))
    long = ".".join(["b" * 60, "b" * 60, "x"])
    assert back(record(long), record("b.x"), rewritten=longer)[0] == record(long)


@given(NAMES, NAMES, NAMES)
def test_what_a_suffix_rule_did_is_undone(source: str, target: str, name: str) -> None:
    asked = from_text(name)
    found = Rewriter([Rule("suffix", source, target)]).rewrite(asked)
    if found is not None:
        below = Record(names.prepend_label(b"c", found.name), records.CNAME, 1, found.name)
        sections = rewrite.restore_names(Sections([below]), asked, found)
        assert sections.answer == [Record(names.prepend_label(b"c", asked), records.CNAME, 1, asked)]


SOA_DATA = from_text("ns.x") + from_text("host.x") + NUMBERS
SOA_ROWS = [
    # the real zone's, where it is above the name that was asked for
    ("b.corp.example", Rewritten(from_text("a.corp.example")), "corp.example", "corp.example"),
    # else the name itself: all that is known of its zone
    ("db.old.example", Rewritten(from_text("db.ns.svc.cluster.local")), "cluster.local", "db.old.example"),
    ("old.example", Rewritten(from_text("new.corp")), "new.corp", "old.example"),
    # the zone's name was rewritten
    ("a.old.example", SUFFIX, "new.corp", "old.example"),
    ("a.b.old.example", SUFFIX, "b.new.corp", "b.old.example"),
    # the zone is above the suffix
    ("a.old.example", SUFFIX, "corp", "old.example"),
    ("a.old.example", SUFFIX, "", "."),
]


@pytest.mark.parametrize(("asked", "rewritten", "owner", "wanted"), SOA_ROWS)
def test_an_absence_can_be_kept(asked: str, rewritten: Rewritten, owner: str, wanted: str) -> None:
    """RFC 2308 5: the SOA's owner is the name that is not there, or above it."""
    said = Sections(authority=[record(owner, records.SOA, SOA_DATA)])
    (found,) = rewrite.restore_names(said, from_text(asked), rewritten).authority
    assert names.to_text(found.owner) == names.to_text(from_text(wanted))


@pytest.mark.parametrize(
    ("target", "owner", "wanted"),
    [
        ("gone.other", "other", "other"),
        ("gone.new.corp", "new.corp", "old.example"),
        ("gone.x", "y", "gone.x"),
    ],
)
def test_behind_an_alias_it_is_the_targets_absence(target: str, owner: str, wanted: str) -> None:
    said = Sections(
        [record("a.new.corp", records.CNAME, from_text(target))], [record(owner, records.SOA, SOA_DATA)]
    )
    (found,) = rewrite.restore_names(said, ORIGINAL, SUFFIX).authority
    assert found.owner == from_text(wanted)


def test_glue_is_named_as_its_target_is() -> None:
    exact = Rewritten(from_text("a.new.corp"))
    for rrtype, head in ((records.SRV, NUMBERS[:6]), (records.MX, b"\0\1"), (records.HTTPS, b"\0\1")):
        for target, owner, rewritten in (
            ("a.new.corp", "a.new.corp", exact),
            ("b.new.corp", "b.new.corp", exact),
            ("b.new.corp", "b.new.corp" if rrtype == records.HTTPS else "b.old.example", SUFFIX),
        ):
            service = record("a.new.corp", rrtype, head + from_text(target))
            sections = Sections([service], [], [record(target)])
            restored = rewrite.restore_names(sections, ORIGINAL, rewritten)
            assert restored.answer[0].owner == ORIGINAL
            assert restored.answer[0].rdata == head + from_text(owner)
            assert restored.additional == [record(owner)]

    # The root as a target is the owner itself (RFC 9460 2.5.2).
    sections = Sections([record("a.new.corp", records.HTTPS, b"\0\1\0")], [], [record("a.new.corp")])
    assert rewrite.restore_names(sections, ORIGINAL, exact).additional == [record("a.old.example")]
