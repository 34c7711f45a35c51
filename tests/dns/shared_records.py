"""Records that endpoints share, as hypothesis draws them: ports, and types that the cluster lacks today."""

from hypothesis import strategies as st

from svcdns.dns.table.subtree import MAX_SHARED_RECORDS, SharedRecord, SharedRecords
from svcdns.dns.wire import records


def srv(*ports: int, weight: int | None = None) -> SharedRecords:
    """An SRV record for each port."""
    each = 100 // max(1, len(ports)) if weight is None else weight
    return tuple(_srv(port, each) for port in ports)


def _srv(port: int, weight: int) -> SharedRecord:
    return SharedRecord(records.SRV, records.srv_rdata(port, b"", weight), has_target=True)


_SRV_RECORDS = st.builds(_srv, st.integers(0, 0xFFFF), st.just(10))
_OTHER_RECORDS = st.builds(
    SharedRecord,
    st.sampled_from((records.TXT, records.HTTPS, 65280)),
    st.binary(max_size=300) | st.just(b"%(name)b%"),
    st.booleans(),
)
SHARED_RECORDS = st.lists(
    st.one_of(_SRV_RECORDS, _OTHER_RECORDS), max_size=MAX_SHARED_RECORDS, unique=True
).map(tuple)
