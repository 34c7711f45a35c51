"""Class CH tells version and name, to those who ask for TXT."""

import pytest

from svcdns.dns.answer.server_identity import identity_record
from svcdns.dns.wire import query_parser, records
from tests.dns import asked


@pytest.mark.parametrize(
    ("name", "rrtype", "server_id", "text"),
    [
        ("version.bind.", "TXT", "", b"svcdns"),
        ("ID.server.", "ANY", "worker-1", b"worker-1"),
        ("id.server.", "TXT", "x" * 300, b"x" * 255),
        ("id.server.", "TXT", "", None),
        ("id.server.", "A", "worker-1", None),
        ("hostname.bind.", "TXT", "worker-1", None),
    ],
)
def test_what_is_told(name: str, rrtype: str, server_id: str, text: bytes | None) -> None:
    query = query_parser.parse_query(asked.packet(name, rrtype, rrclass=records.CH)[2:])
    record = identity_record(query, server_id)
    if text is None:
        assert record is None
    else:
        assert record is not None
        assert (record.owner, record.rdata) == (asked.wire_name(name), records.txt_rdata(text))
