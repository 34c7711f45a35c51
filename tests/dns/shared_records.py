"""Records that endpoints share, as hypothesis draws them: ports, and types that the cluster lacks today."""

from hypothesis import strategies as st

from svcdns.dns.table.subtree import MAX_SHARED_RECORDS, SharedRecord, SharedRecords
from svcdns.dns.wire import records


def srv(*ports: int, weight: int | None = None) -> SharedRecords:
    """An SRV record for each port."""
    each = 100 // max(1, len(ports)) if weight is None else weight
    return tuple(SharedRecord(records.SRV, records.srv_rdata(port, b"", each)) for port in ports)


_SRV_RECORDS = st.builds(
    lambda port: SharedRecord(records.SRV, records.srv_rdata(port, b"", 10)), st.integers(0, 0xFFFF)
)
_RECORDS_WITHOUT_TARGET = st.builds(
    SharedRecord, st.sampled_from((records.TXT, 65, 65280)), st.binary(max_size=300) | st.just(b"%(name)b%")
)
SHARED_RECORDS = st.lists(
    st.one_of(_SRV_RECORDS, _RECORDS_WITHOUT_TARGET), max_size=MAX_SHARED_RECORDS, unique=True
).map(tuple)
