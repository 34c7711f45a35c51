"""What the table says of itself comes back from its bytes; no other bytes are taken for it."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import table_meta
from svcdns.dns.table.table_meta import FORMAT_VERSION, Freshness, TableMeta, Zone, ZoneKind
from svcdns.dns.wire import names
from svcdns.dns.wire.records import Soa

NAMES = st.lists(st.binary(min_size=1, max_size=20), max_size=4).map(names.from_labels)
SOAS = st.builds(Soa, NAMES, NAMES, st.integers(0, 2**31), serial=st.none() | st.integers(0, 2**32 - 1))
ZONES = st.builds(Zone, NAMES, st.sampled_from(ZoneKind), st.integers(0, 0xFFFF), st.integers(0, 2**31), SOAS)


@given(
    st.builds(
        TableMeta,
        st.just(FORMAT_VERSION),
        st.sampled_from(Freshness),
        st.dictionaries(st.integers(0, 0xFFFF), ZONES, max_size=3),
        st.booleans(),
        st.booleans(),
    )
)
def test_there_and_back(meta: TableMeta) -> None:
    assert table_meta.decode_meta(table_meta.encode_meta(meta)) == meta


@given(st.none() | st.binary(max_size=60))
def test_other_bytes(value: bytes | None) -> None:
    meta = table_meta.decode_meta(value)
    assert meta is None or isinstance(meta, TableMeta)
    assert table_meta.decode_meta(b"") is None


def test_the_numbers_of_zones_are_apart() -> None:
    """A node has 2 bytes for its zone's number; the configured zones come first."""
    assert 0 < table_meta.FIRST_FILE_ZONE < table_meta.FIRST_RANGE_ZONE < 0xFFFF
