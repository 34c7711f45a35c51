"""Where CNAMEs lead on, and when they lead back."""

import pytest

from svcdns.dns.answer import cname_chain
from svcdns.dns.wire import names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from tests.dns.outside import SOA, cname

LINKS = [cname("a.example.", "B.example."), cname("b.example.", "C.example.")]
C = names.from_text("c.example.")
RRSIG = 46


def test_the_last_target_is_open() -> None:
    assert cname_chain.unresolved_target(records.A, records.NOERROR, Sections(LINKS)) == C
    signed = [*LINKS, Record(C, RRSIG, 60, b"")]
    assert cname_chain.unresolved_target(records.A, records.NOERROR, Sections(signed)) == C


@pytest.mark.parametrize(
    ("qtype", "rcode", "sections"),
    [
        (records.CNAME, records.NOERROR, Sections(LINKS)),
        (records.ANY, records.NOERROR, Sections(LINKS)),
        (records.A, records.NXDOMAIN, Sections(LINKS)),
        (records.A, records.NOERROR, Sections()),
        (records.A, records.NOERROR, Sections([*LINKS, Record(C, records.A, 60, bytes(4))])),
        (records.A, records.NOERROR, Sections(LINKS, [SOA.to_record(C, 1)])),
    ],
    ids=["CNAME itself", "ANY", "NXDOMAIN", "no CNAME", "an address", "NODATA"],
)
def test_what_is_at_its_end(qtype: int, rcode: int, sections: Sections) -> None:
    assert cname_chain.unresolved_target(qtype, rcode, sections) is None


def test_a_loop_is_a_name_that_was_there() -> None:
    assert cname_chain.is_loop(LINKS, names.from_text("a.example."))
    assert not cname_chain.is_loop(LINKS, C)
    assert not cname_chain.is_loop((), C)
