"""The table's description of itself: what one writer leaves, the next one finds."""

from msgspec.structs import replace

from svcdns.cluster.specification import configured_zones
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness, Zone, ZoneKind
from svcdns.dns.wire import names
from svcdns.dns.wire.records import Soa
from svcdns.serve.watcher.table_state import FilesState, TableState
from tests.serve.watched import OPTIONS

SOA = Soa(names.ROOT, names.ROOT, 1)
FILE_ZONE = Zone(names.from_text("example.org."), ZoneKind.FILE, table_meta.FIRST_FILE_ZONE, 0, SOA)
BROKEN_ZONE = Zone(
    names.from_text("broken.test."), ZoneKind.UNAVAILABLE, table_meta.FIRST_FILE_ZONE + 1, 0, SOA
)
RANGE_ZONE = Zone(
    names.from_text("96.10.in-addr.arpa."), ZoneKind.REVERSE, table_meta.FIRST_RANGE_ZONE, 30, SOA
)


def restart(state: TableState) -> TableState:
    """The state as the next writer has it, of a cluster with the same zones."""
    return TableState(state.encode_meta()[node_format.META_KEY], configured_zones(OPTIONS))


def test_an_empty_table_knows_only_the_configured_zones() -> None:
    state = TableState(None, configured_zones(OPTIONS))
    assert state.state is Freshness.EMPTY
    assert (state.files, state.range_zones) == (FilesState(), {})


def test_everything_but_the_cluster_zones_outlives_a_restart() -> None:
    state = TableState(None, configured_zones(OPTIONS))
    state.state = Freshness.FRESH
    state.files = FilesState((FILE_ZONE, BROKEN_ZONE), has_hosts=True, is_complete=True)
    state.range_zones = {RANGE_ZONE.apex: RANGE_ZONE}
    found_again = restart(state)
    assert found_again.state is Freshness.FRESH
    assert found_again.files == state.files
    assert found_again.range_zones == state.range_zones


def test_the_cluster_zones_are_those_of_the_settings() -> None:
    state = TableState(None, configured_zones(OPTIONS))
    other_options = replace(OPTIONS, zones=(names.from_text("cluster.example."),))
    stored = state.encode_meta()[node_format.META_KEY]
    meta = table_meta.decode_meta(
        TableState(stored, configured_zones(other_options)).encode_meta()[node_format.META_KEY]
    )
    assert meta is not None
    assert meta.zones == configured_zones(other_options)
