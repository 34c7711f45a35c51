"""Answers of upstreams in the table's format, and back."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.forward import wire_entry
from tests.forward.test_answer_cache import NAME, address

_LABEL = st.binary(min_size=1, max_size=12).filter(lambda label: 0 not in label)
_NAME = st.lists(_LABEL, max_size=4).map(lambda labels: names.from_labels(labels).lower())
_RECORD = st.builds(
    Record,
    _NAME,
    st.sampled_from([records.A, records.AAAA, records.TXT, records.CNAME, 257]),
    st.integers(0, 2**31 - 1),
    st.binary(max_size=40),
)


@given(_NAME, st.lists(_RECORD, max_size=6), st.lists(_RECORD, max_size=3), st.lists(_RECORD, max_size=3))
def test_packed_records_are_the_same_again(
    name: bytes, answered: list[Record], authority: list[Record], additional: list[Record]
) -> None:
    sections = Sections(answered, authority, additional)
    value = wire_entry.encode_sections(name, sections).encode(lambda ttl: ttl)
    assert wire_entry.decode_sections(name, value) == sections


def test_addresses_of_one_name_may_come_in_any_order() -> None:
    several = wire_entry.encode_sections(NAME, Sections([address(1), address(2)])).encode(int)
    assert several[0] == rrset_encoding.SHUFFLE
    assert several[1] == 16
    chain = Record(NAME, records.CNAME, 60, names.from_text("x."))
    for other in (
        [address(1)],
        [chain, address(2, owner=names.from_text("x."))],
        [address(1), address(2, owner=names.from_text("x."))],
    ):
        assert wire_entry.encode_sections(NAME, Sections(other)).encode(int)[0] == rrset_encoding.UPSTREAM
