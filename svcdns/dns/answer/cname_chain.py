"""CNAMEs that lead from name to name: where to go on, and when to stop."""

from collections.abc import Iterable

from svcdns.dns.wire import records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record, RRType

_PROOF_TYPES = (records.DNAME, 46)
"""DNAME and RRSIG, which prove a CNAME to a client that sets DO (RFC 6672 3.1, RFC 4035 3.2.1)."""
_UNFOLLOWED_TYPES = (records.CNAME, records.ANY, *_PROOF_TYPES)
"""Types that are not looked for behind a CNAME."""


def unresolved_target(qtype: RRType, rcode: int, sections: Sections) -> bytes | None:
    """The folded target of an upstream's last CNAME, if the upstream did not know what lies there.

    So answers, for example, the server of a stub domain whose names lead to other domains.
    """
    if rcode != records.NOERROR or sections.authority or qtype in _UNFOLLOWED_TYPES:
        return None

    cnames = [record for record in sections.answer if record.type == records.CNAME]
    if not cnames or any(record.type not in (records.CNAME, *_PROOF_TYPES) for record in sections.answer):
        return None
    return cnames[-1].rdata.lower()


def count_cnames(chain: Iterable[Record]) -> int:
    """How many CNAMEs the chain has: a DNAME that made one of them is none."""
    return sum(record.type == records.CNAME for record in chain)


def is_loop(chain: Iterable[Record], name: bytes) -> bool:
    """Whether the folded name, to which the chain leads, has a CNAME in it already."""
    return any(record.type == records.CNAME and record.owner.lower() == name for record in chain)
