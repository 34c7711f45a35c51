"""Zone files that are broken at the start: their zones stay as the table has them, or are nobody's."""

import pytest

from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import ZoneKind
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from svcdns.serve.watcher.static_data import StaticDataPublisher
from tests.serve.watched import Table
from tests.sources.zonefiles import zone
from tests.table.content import content

CORP, NET, A_CORP = map(names.from_text, ("corp.", "net.", "a.corp."))
LARGE = "".join(f"many A 10.0.0.{number}\n" for number in range(100))
"""With a key of its own."""


def zone_of(origin: bytes, text: str) -> FileZone:
    return zone(text, names.to_text(origin))


def begin(table: Table) -> StaticDataPublisher:
    return table.writers()[1]


def served(table: Table) -> dict[str, ZoneKind]:
    """The zones of files; each has its own number."""
    meta = table_meta.decode_meta(table.writer.get(node_format.META_KEY))
    assert meta is not None
    files = {number: found for number, found in meta.zones.items() if number >= table_meta.FIRST_FILE_ZONE}
    assert [found.apex for found in files.values()] == list(files)
    return {names.to_text(found.name): found.kind for found in files.values()}


def owners(table: Table) -> dict[str, str]:
    """Each name of files, and the zone that it is in."""
    meta = table_meta.decode_meta(table.writer.get(node_format.META_KEY))
    assert meta is not None
    found = {}
    for key, value in content(table.writer).items():
        name = key.removeprefix(node_format.FILE_ZONE_PREFIX)
        if name != key and name.find(0) == len(name) - 1:
            found[names.to_text(name)] = names.to_text(meta.zones[node_format.zone_number(value)].name)
    return found


def answers(table: Table) -> dict[bytes, bytes]:
    """All of files but the numbers of the zones."""
    found = {
        key: value
        for key, value in content(table.writer).items()
        if key.startswith(node_format.FILE_ZONE_PREFIX)
    }
    return {
        key: node_format.with_zone_number(value, 0) if key.find(0, 2) == len(key) - 1 else value
        for key, value in found.items()
    }


async def test_a_broken_file_keeps_what_the_table_has_until_it_is_right_or_gone(table: Table) -> None:
    net, corp = zone_of(NET, "x A 192.0.2.1"), zone_of(CORP, "x A 192.0.2.2\n" + LARGE)
    await begin(table).publish_zones([net, corp])
    before = answers(table)
    assert len(before) == 2 * 3 + 2
    files = begin(table)
    await files.publish_zones([net], [CORP])
    assert answers(table) == before
    await files.publish_zones([], [CORP])
    stored_answers = answers(table)
    assert owners(table) == dict.fromkeys(("corp.", "ns.corp.", "x.corp.", "many.corp."), "corp.")
    await begin(table).publish_zones([net], [CORP])
    assert answers(table) == before
    assert served(table) == {"net.": ZoneKind.FILE, "corp.": ZoneKind.FILE}
    files = begin(table)
    await files.publish_zones([zone_of(CORP, "")])
    assert owners(table) == {"corp.": "corp.", "ns.corp.": "corp."}
    await files.publish_zones([])
    assert (answers(table), served(table)) == ({}, {})
    assert stored_answers.keys() < before.keys()


async def test_where_there_is_none_its_names_are_nobodys(
    table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    net = zone_of(NET, "")
    await begin(table).publish_zones([net], [CORP, names.from_text("svc.cluster.local.")])
    assert served(table) == {"net.": ZoneKind.FILE, "corp.": ZoneKind.UNAVAILABLE}
    files = begin(table)
    await files.publish_zones([net], [CORP])
    await files.publish_zones([], [CORP])
    assert served(table) == {"corp.": ZoneKind.UNAVAILABLE}, "also over a restart"
    warning = (
        "zone file of corp.: missing or faulty; until that is put right, its names are answered with SERVFAIL"
    )
    assert caplog.messages.count(warning) == 2, "once for each start"
    await files.publish_zones([zone_of(CORP, "")])
    assert served(table) == {"corp.": ZoneKind.FILE}


async def test_a_file_whose_zone_nobody_knows_keeps_all_that_no_other_has(table: Table) -> None:
    net, corp = zone_of(NET, ""), zone_of(CORP, "")
    await begin(table).publish_zones([net, corp])
    before = answers(table)
    await begin(table).publish_zones([net], [None])
    assert served(table) == {"net.": ZoneKind.FILE, "corp.": ZoneKind.FILE}
    assert answers(table) == before


async def test_a_kept_zone_leaves_another_its_names(table: Table) -> None:
    """And takes none of one that is gone."""
    corp = zone_of(CORP, "x.a A 192.0.2.1\nx.b A 192.0.2.1")
    await begin(table).publish_zones([corp, zone_of(NET, "")])
    await begin(table).publish_zones([zone_of(A_CORP, "y A 192.0.2.2")], [CORP])
    assert owners(table) == {
        **dict.fromkeys(("corp.", "ns.corp.", "b.corp.", "x.b.corp."), "corp."),
        **dict.fromkeys(("a.corp.", "ns.a.corp.", "y.a.corp."), "a.corp."),
    }


async def test_a_parent_has_nothing_at_a_broken_child(table: Table) -> None:
    corp = zone_of(CORP, "x.a A 192.0.2.1")
    assert corp.rrsets[names.from_text("x.a.corp.")] == {records.A: RRset(300, (bytes((192, 0, 2, 1)),))}
    await begin(table).publish_zones([corp], [A_CORP])
    assert served(table) == {"corp.": ZoneKind.FILE, "a.corp.": ZoneKind.UNAVAILABLE}
    assert owners(table) == {"corp.": "corp.", "ns.corp.": "corp."}
