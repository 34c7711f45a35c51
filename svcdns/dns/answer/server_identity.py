"""Class CH: the names by which servers tell their version and identity (RFC 4892)."""

from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.messages import Query
from svcdns.dns.wire.records import Record

_VERSION_BIND = names.from_text("version.bind.")
_ID_SERVER = names.from_text("id.server.")


def identity_record(query: Query, server_id: str) -> Record | None:
    """The TXT record that answers a query of class CH; None where it is to be refused."""
    text = {_VERSION_BIND: "svcdns", _ID_SERVER: server_id}.get(query.qname)
    if not text or query.qtype not in (records.TXT, records.ANY):
        return None

    owner = query.question[: -messages.QTYPE_QCLASS_SIZE]  # in the case of the question
    rdata = records.txt_rdata(text.encode()[:255])  # one character-string holds no more (RFC 1035 3.3)
    return Record(owner, records.TXT, 0, rdata)
