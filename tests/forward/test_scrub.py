"""What is kept of a response: the chain from the question, and nothing that an upstream slips in."""

from collections.abc import Sequence

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from dns.rcode import Rcode
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names, records, response
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.dns.wire.response import Response
from svcdns.forward import scrub
from svcdns.forward.questions import Question, UpstreamAnswer

SOA = "example. 60 IN SOA ns.example. host.example. 1 2 3 4 5"
SIGNATURE = "5 2 60 20300101000000 20200101000000 1 example. AAAA"


def said(
    answer: Sequence[str],
    authority: Sequence[str] = (),
    additional: Sequence[str] = (),
    rcode: int = 0,
    flags: int = 0,
) -> Response:
    """A response about www.example A with these records, through the wire."""
    message = dns.message.make_response(dns.message.make_query("www.example.", "A"))
    message.set_rcode(Rcode(rcode))
    message.flags |= flags
    for section, rows in (
        (message.answer, answer),
        (message.authority, authority),
        (message.additional, additional),
    ):
        for row in rows:
            owner, ttl, *rest = row.split(None, 4)
            section.append(dns.rrset.from_text(owner, int(ttl), *rest))
    return response.parse_response(message.to_wire())


def question(rrtype: int = records.A, name: str = "www.example.", dnssec_ok: bool = False) -> Question:
    return Question(names.from_text(name), rrtype, False, dnssec_ok)


def shown(found: list[Record]) -> list[tuple[str, int]]:
    return [(names.to_text(record.owner), record.type) for record in found]


def test_an_address() -> None:
    found = said(["WWW.example. 60 IN A 192.0.2.1", "www.example. 60 IN A 192.0.2.2"])
    kept = scrub.relevant_sections(question(), found)
    assert kept.answer == found.sections.answer
    assert not kept.authority
    assert not scrub.is_lame(found, kept)


def test_other_names_and_types_are_dropped() -> None:
    found = said(
        ["evil.example. 60 IN A 192.0.2.66", "www.example. 60 IN A 192.0.2.1", "www.example. 60 IN TXT x"],
        ["bank.example. 60 IN NS evil.example.", SOA],
        ["bank.example. 60 IN A 192.0.2.66"],
    )
    kept = scrub.relevant_sections(question(), found)
    assert shown(kept.answer) == [("www.example.", records.A)]
    assert not kept.authority and not kept.additional


def test_a_chain_in_any_order_comes_out_in_its_own() -> None:
    found = said(
        [
            "c.other. 60 IN A 192.0.2.1",
            "b.other. 60 IN CNAME C.other.",
            "www.example. 60 IN CNAME b.other.",
            "b.other. 60 IN A 192.0.2.66",
            "d.other. 60 IN A 192.0.2.66",
        ]
    )
    kept = scrub.relevant_sections(question(), found)
    assert shown(kept.answer) == [("www.example.", 5), ("b.other.", 5), ("c.other.", 1)]


def test_the_cname_itself_is_not_followed() -> None:
    found = said(["www.example. 60 IN CNAME b.other.", "b.other. 60 IN CNAME c.other."], [SOA])
    kept = scrub.relevant_sections(question(records.CNAME), found)
    assert shown(kept.answer) == [("www.example.", 5)] and not kept.authority


def test_a_loop_and_a_second_cname() -> None:
    found = said(
        ["www.example. 60 IN CNAME b.", "b. 60 IN CNAME www.example.", "www.example. 60 IN CNAME c."]
    )
    assert shown(scrub.relevant_sections(question(), found).answer) == [("www.example.", 5), ("b.", 5)]


def test_a_chain_is_bounded() -> None:
    links = [f"n{number}. 60 IN CNAME n{number + 1}." for number in range(40)]
    kept = scrub.relevant_sections(question(name="n0."), said(links))
    assert len(kept.answer) == scrub.MAX_CNAME_CHAIN


@pytest.mark.parametrize("rcode", [records.NOERROR, records.NXDOMAIN])
@pytest.mark.parametrize("answer", [[], ["www.example. 60 IN CNAME b.other."]])
def test_a_negative_answer_keeps_its_soa(rcode: int, answer: list[str]) -> None:
    found = said(answer, ["example. 60 IN NS ns.example.", SOA], ["ns.example. 60 IN A 192.0.2.1"], rcode)
    kept = scrub.relevant_sections(question(), found)
    assert len(kept.answer) == len(answer)
    assert shown(kept.authority) == [("example.", records.SOA)]
    assert not kept.additional
    assert not scrub.is_lame(found, kept)


def test_a_referral_is_no_answer() -> None:
    found = said([], ["example. 60 IN NS ns.example."], ["ns.example. 60 IN A 192.0.2.1"])
    assert scrub.is_lame(found, scrub.relevant_sections(question(), found))


def test_an_authority_without_a_soa_says_no() -> None:
    found = said([], ["example. 60 IN NS ns.example."], flags=dns.flags.AA)
    assert not scrub.is_lame(found, scrub.relevant_sections(question(), found))


@pytest.mark.parametrize("authority", [[], [SOA], ["example. 60 IN NS ns.example."]])
@pytest.mark.parametrize("row", ["WWW.example. 60 IN TXT x", "www.example. 60 IN AAAA 2001:db8::1"])
def test_other_types_of_the_name_alone_are_nodata(row: str, authority: list[str]) -> None:
    """Some upstreams answer AAAA with A: a SERVFAIL would make clients drop the good A."""
    found = said([row, "evil.example. 60 IN A 192.0.2.66"], authority)
    kept = scrub.relevant_sections(question(), found)
    assert kept.answer == []
    assert shown(kept.authority) == ([("example.", records.SOA)] if authority == [SOA] else [])
    assert not scrub.is_lame(found, kept)


def test_other_names_alone_are_no_answer() -> None:
    found = said(["evil.example. 60 IN A 192.0.2.66"])
    assert scrub.is_lame(found, scrub.relevant_sections(question(), found))


def test_nothing_at_all_is_a_poor_but_usual_way_to_say_no() -> None:
    found = said([])
    assert not scrub.is_lame(found, scrub.relevant_sections(question(), found))


SIGNED = [
    "sub.example. 60 IN DNAME other.",
    f"sub.example. 60 IN RRSIG DNAME {SIGNATURE}",
    f"sub.example. 60 IN RRSIG NS {SIGNATURE}",
    "www.sub.example. 60 IN CNAME www.other.",
    "www.other. 60 IN CNAME end.other.",
    f"www.other. 60 IN RRSIG CNAME {SIGNATURE}",
    "end.other. 60 IN A 192.0.2.1",
    f"end.other. 60 IN RRSIG A {SIGNATURE}",
    f"end.other. 60 IN RRSIG TXT {SIGNATURE}",
    "example. 60 IN DNAME elsewhere.",
]
PROOFS = [
    "other. 60 IN NS ns.other.",
    f"other. 60 IN RRSIG NS {SIGNATURE}",
    "a.other. 60 IN NSEC b.other. A RRSIG NSEC",
    f"a.other. 60 IN RRSIG NSEC {SIGNATURE}",
]


def test_signatures_for_those_who_ask_for_them() -> None:
    kept = scrub.relevant_sections(question(name="www.sub.example.", dnssec_ok=True), said(SIGNED, PROOFS))
    assert [(name.split(".")[0], rrtype) for name, rrtype in shown(kept.answer)] == [
        ("sub", 39),
        ("sub", 46),
        ("www", 5),
        ("www", 5),
        ("www", 46),
        ("end", 1),
        ("end", 46),
    ]
    assert [rrtype for _, rrtype in shown(kept.authority)] == [47, 46]


def test_no_signatures_for_others() -> None:
    kept = scrub.relevant_sections(question(name="www.sub.example."), said(SIGNED, PROOFS))
    assert [rrtype for _, rrtype in shown(kept.answer)] == [5, 5, 1]
    assert not kept.authority


def test_the_cname_itself_has_the_proof_of_where_it_comes_from() -> None:
    asked = question(records.CNAME, "www.sub.example.", dnssec_ok=True)
    assert [rrtype for _, rrtype in shown(scrub.relevant_sections(asked, said(SIGNED)).answer)] == [39, 46, 5]


def test_a_dname_above_is_no_answer_to_a_question_for_one() -> None:
    found = said(["example. 60 IN DNAME other.", "www.example. 60 IN CNAME www.other."], [SOA])
    kept = scrub.relevant_sections(question(39, dnssec_ok=True), found)
    assert [rrtype for _, rrtype in shown(kept.answer)] == [39, 5]
    assert shown(kept.authority) == [("example.", records.SOA)]


def test_any_is_all_of_one_name() -> None:
    found = said(["www.example. 60 IN CNAME b.", "www.example. 60 IN TXT x", "b. 60 IN A 192.0.2.1"])
    assert shown(scrub.relevant_sections(question(records.ANY), found).answer) == [
        ("www.example.", 5),
        ("www.example.", 16),
    ]


NAMES = st.sampled_from([names.from_text(text) for text in ("a.", "b.", "A.", "c.d.", "d.", ".")])
TYPES = st.sampled_from((records.A, records.CNAME, records.NS, records.SOA, 39, 46, 47))
RECORDS = st.lists(
    st.builds(Record, NAMES, TYPES, st.just(60), NAMES | st.binary(max_size=4) | st.just(b"\0\1")), max_size=8
)


@given(st.builds(Question, NAMES.map(bytes.lower), TYPES, st.booleans(), st.booleans()), RECORDS, RECORDS)
def test_whatever_is_kept_hangs_on_the_question(
    asked: Question, answer: list[Record], authority: list[Record]
) -> None:
    found = Response(1, 0x8180, 0, asked.wire_section, Sections(answer, authority, answer))
    kept = scrub.relevant_sections(asked, found)
    reached = {asked.name}
    for record in kept.answer:
        assert record in answer
        is_dname = record.type in (39, 46) and any(names.is_subdomain(name, record.owner) for name in reached)
        assert record.owner.lower() in reached or (asked.dnssec_ok and is_dname)
        if record.type == records.CNAME:
            reached.add(record.rdata.lower())
    assert all(record.type in (records.SOA, 46, 47, 50) for record in kept.authority)
    targets = {
        records.rdata_target(record.type, record.rdata).lower()
        for record in kept.answer
        if record.type == records.NS
    }
    for record in kept.additional:
        assert record in answer and record.owner.lower() in targets
        assert record.type == records.A or (asked.dnssec_ok and record.type == 46)


def test_what_is_there_twice_is_one_record_with_the_least_ttl() -> None:
    """RFC 2181 5.2: so do all of a set."""
    found = said(
        [
            "www.example. 60 IN CNAME a.example.",
            "WWW.example. 50 IN CNAME a.example.",
            "a.example. 300 IN A 192.0.2.1",
            "a.example. 20 IN A 192.0.2.2",
            "A.example. 90 IN A 192.0.2.1",
            f"a.example. 400 IN RRSIG A {SIGNATURE}",
        ]
    )
    for dnssec_ok in (False, True):
        kept = scrub.relevant_sections(question(dnssec_ok=dnssec_ok), found).answer
        rows = [(record.type, record.ttl, record.rdata[-1]) for record in kept[:3]]
        assert rows == [(records.CNAME, 50, 0), (records.A, 20, 1), (records.A, 20, 2)]
        assert len(kept) == 3 + dnssec_ok


ADDRESSES = [
    "t.example. 60 IN A 192.0.2.7",
    "t.example. 30 IN AAAA 2001:db8::7",
    f"t.example. 60 IN RRSIG AAAA {SIGNATURE}",
    "t.example. 60 IN TXT x",
    "bank.example. 60 IN A 192.0.2.66",
]


@pytest.mark.parametrize(
    "row",
    [
        "SRV 0 0 80 T.example.",
        "MX 10 t.example.",
        "NS t.example.",
        "SVCB 1 t.example. port=53",
        "HTTPS 1 t.example.",
    ],
)
def test_addresses_of_targets_are_kept(row: str) -> None:
    rrtype = dns.rdatatype.from_text(row.split()[0])
    found = said([f"www.example. 60 IN {row}"], [], ADDRESSES)
    for dnssec_ok in (False, True):
        kept = scrub.relevant_sections(question(rrtype, dnssec_ok=dnssec_ok), found)
        assert shown(kept.additional) == [("t.example.", 1), ("t.example.", 28)] + dnssec_ok * [
            ("t.example.", 46)
        ]


def test_addresses_behind_an_alias_and_of_the_service_itself() -> None:
    found = said(
        ["www.example. 60 IN CNAME t.example.", "t.example. 60 IN HTTPS 1 ."],
        [],
        [*ADDRESSES, "www.example. 60 IN A 192.0.2.66"],
    )
    kept = scrub.relevant_sections(question(records.HTTPS), found)
    assert shown(kept.additional) == [("t.example.", 1), ("t.example.", 28)]
    assert not scrub.relevant_sections(
        question(records.A), said(["www.example. 60 IN A 192.0.2.1"], [], ADDRESSES)
    ).additional


def test_addresses_of_this_answer_alone_and_of_ours_are_dropped() -> None:
    rows = ["a.example. 60 IN A 192.0.2.1", "b.example. 0 IN A 192.0.2.2", "C.example. 60 IN A 192.0.2.3"]
    found = said([f"www.example. 60 IN SRV 0 0 80 {name}.example." for name in "abc"], [], rows)
    kept = scrub.relevant_sections(question(records.SRV), found)
    assert shown(kept.additional) == [("a.example.", 1), ("C.example.", 1)]
    cut = scrub.cut_at_local_name(UpstreamAnswer(0, kept), lambda name: name == names.from_text("c.example."))
    assert shown(cut.sections.additional) == [("a.example.", 1)] and cut.sections.answer == kept.answer


def test_a_part_up_to_a_name_of_ours_is_whole() -> None:
    kept = scrub.relevant_sections(question(), said(["www.example. 60 IN CNAME t.example."]))
    part = UpstreamAnswer(0, kept, is_truncated=True)
    assert not scrub.cut_at_local_name(part, lambda name: True).is_truncated
    assert scrub.cut_at_local_name(part, lambda name: False) == part
