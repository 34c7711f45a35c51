"""Each difference that an answer can have is found, and none where there is none."""

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rrset
import pytest
from dns.message import Message
from dns.rdatatype import RdataType

from tests.compare import differences, expected_of, message_of
from tests.summary import Summary, kind_of

ZONE = dns.name.from_text("cluster.local")
QUERY = dns.message.make_query("wEb.default.svc.cluster.local.", "SRV", id=1)
LINE = {
    "rcode": "NOERROR",
    "aa": True,
    "answer": ["web.default.svc.cluster.local. 30 SRV 0 100 80 web.default.svc.cluster.local."],
    "authority": [],
    "additional": ["web.default.svc.cluster.local. 30 A 10.96.0.1"],
}


def kinds(message: Message, line: dict[str, object] | None = None) -> list[str]:
    found = differences(QUERY.to_wire(), message.to_wire(), expected_of(line or LINE), weights=False)
    return [difference.kind for difference in found]


def right() -> Message:
    return message_of(QUERY, expected_of(LINE))


def test_the_right_answer() -> None:
    assert kinds(right()) == []


def test_rcode_and_aa() -> None:
    message = right()
    message.set_rcode(dns.rcode.NXDOMAIN)
    message.flags &= ~dns.flags.AA
    assert kinds(message) == ["rcode NXDOMAIN, not NOERROR", "AA not set"]
    assert kinds(message, LINE | {"rcode": "NXDOMAIN", "aa": None}) == []


def test_the_question_keeps_its_case() -> None:
    message = message_of(
        dns.message.make_query("web.default.svc.cluster.local.", "SRV", id=2), expected_of(LINE)
    )
    assert kinds(message) == ["another id", "question changed"]


def test_records() -> None:
    message = right()
    message.additional = [dns.rrset.from_text("x.cluster.local.", 30, "IN", "A", "10.0.0.1")]
    message.answer[0].ttl = 7
    assert kinds(message) == [
        "answer: TTL SRV",
        "answer: extra SRV",
        "additional: missing A",
        "additional: extra A",
    ]


def test_a_record_twice() -> None:
    wire = right().to_wire()
    once = wire[-16:]
    twice = wire[:10] + b"\0\2" + wire[12:] + once
    found = differences(QUERY.to_wire(), twice, expected_of(LINE), weights=False)
    assert [difference.kind for difference in found] == ["additional: a record twice"]


def test_weights_only_on_demand() -> None:
    line = LINE | {"answer": ["web.default.svc.cluster.local. 30 SRV 0 50 80 web.default.svc.cluster.local."]}
    assert kinds(right(), line) == []
    found = differences(QUERY.to_wire(), right().to_wire(), expected_of(line))
    assert [difference.kind for difference in found] == ["answer: missing SRV", "answer: extra SRV"]


def test_the_serial_is_not_compared() -> None:
    soa = "cluster.local. 30 SOA ns.dns.cluster.local. hostmaster.cluster.local. {} 7200 1800 86400 30"
    line = {"rcode": "NXDOMAIN", "aa": True, "answer": [], "additional": []}
    message = message_of(QUERY, expected_of(line | {"authority": [soa.format(7)]}))
    assert kinds(message, line | {"authority": [soa.format(8)]}) == []


def test_a_partial_line_wants_its_records_among_others() -> None:
    line = LINE | {"partial": True, "additional": []}
    assert kinds(right(), line | {"answer": []}) == []
    assert kinds(right(), line | {"answer": ["web.default.svc.cluster.local. 30 A 10.0.0.1"]}) == [
        "answer: missing A"
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cluster.local.", "ZONE A"),
        ("svc.cluster.local.", "svc.ZONE A"),
        ("default.svc.cluster.local.", "above a namespace A"),
        ("web.default.svc.cluster.local.", "BASE A"),
        ("_http._tcp.web.default.svc.cluster.local.", "_._.BASE A"),
        ("pet.web.default.svc.cluster.local.", "HOST.BASE A"),
        ("1-2-3-4.default.pod.cluster.local.", "ADDRESS.NAMESPACE.pod A"),
        ("1.0.0.10.in-addr.arpa.", "reverse A"),
        ("example.com.", "outside A"),
    ],
)
def test_kinds_of_questions(name: str, kind: str) -> None:
    assert kind_of(dns.name.from_text(name), RdataType.A, ZONE) == kind


def test_a_summary_counts_by_kind() -> None:
    summary = Summary(ZONE)
    name = QUERY.question[0].name
    message = right()
    message.set_rcode(dns.rcode.SERVFAIL)
    summary.add(name, RdataType.SRV, [])
    for _ in range(2):
        summary.add(name, RdataType.SRV, differences(QUERY.to_wire(), message.to_wire(), expected_of(LINE)))
    assert str(summary).splitlines() == [
        "1 of 3 answers as wanted",
        "BASE SRV",
        "      2 rcode SERVFAIL, not NOERROR: wEb.default.svc.cluster.local. SRV",
    ]


def test_ttls_of_cached_records_count_down() -> None:
    line = LINE | {"answer": ["www.example.com. 60 A 192.0.2.53"], "additional": []}
    message = message_of(QUERY, expected_of(line))
    message.answer[0].ttl = 58
    wire = message.to_wire()
    assert differences(QUERY.to_wire(), wire, expected_of(line), own=ZONE) == []
    assert len(differences(QUERY.to_wire(), wire, expected_of(line))) == 2
    message.answer[0].ttl = 61
    assert len(differences(QUERY.to_wire(), message.to_wire(), expected_of(line), own=ZONE)) == 2


def test_what_cannot_be_read() -> None:
    found = differences(QUERY.to_wire(), right().to_wire()[:-1], expected_of(LINE))
    assert [difference.kind for difference in found] == ["unreadable"]


def test_a_cut_answer() -> None:
    message = right()
    message.flags |= dns.flags.TC
    assert kinds(message) == ["TC set"]
