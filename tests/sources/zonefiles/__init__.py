"""Zones from text, for tests of static zones."""

from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.table.zone_encoding import FileZone, encode_zone, find_child_origins
from svcdns.dns.wire import names
from svcdns.errors import ZoneFileError
from svcdns.sources.zonefiles import zone_rules
from svcdns.sources.zonefiles.master_file import MasterFileReader
from svcdns.sources.zonefiles.zone_rules import CheckedZone

APEX = """
$TTL 300
@ SOA ns hostmaster 7 7200 1800 86400 60
@ NS ns
ns A 192.0.2.53
"""


def judged(text: str | bytes, origin: str = "example.org.", **files: str) -> CheckedZone:
    """What becomes of a file's text; `files` can be included, `more_inc` as `more.inc`."""

    def include(parent: str, name: str) -> tuple[str, bytes]:
        found = files.get(name.replace(".", "_"))
        if found is None:
            raise ZoneFileError(f"no {name}")
        return name, found.encode()

    reader = MasterFileReader(include)
    data = text.encode() if isinstance(text, str) else text
    reader.read("x.zone", data, names.from_text(origin).lower())
    if reader.errors:
        return CheckedZone(None, tuple(reader.errors), ())
    checked = zone_rules.check_zone("x.zone", reader.records)
    return checked._replace(warnings=(*reader.warnings, *checked.warnings))


def zone(text: str, origin: str = "example.org.", **files: str) -> FileZone:
    """The zone of a right text without SOA and NS of its own."""
    found = judged(APEX + text, origin, **files)
    assert found.zone is not None, found.errors
    return found.zone


def problems(text: str | bytes, origin: str = "example.org.", **files: str) -> list[str]:
    """All that is wrong with a file's text."""
    found = judged(text, origin, **files)
    return [str(problem) for problem in (*found.errors, *found.warnings)]


def table(*zones: FileZone) -> tuple[dict[bytes, bytes], tuple[Zone, ...]]:
    """The entries of these zones, and the zones as the table tells of them."""
    children = find_child_origins({one.origin for one in zones})
    entries = {
        k: v
        for number, one in enumerate(zones)
        for k, v in encode_zone(one, number, children.get(one.origin, ()))
    }
    told = tuple(Zone(one.origin, ZoneKind.FILE, number, 0, one.soa) for number, one in enumerate(zones))
    return entries, told


def marked_problems(text: str) -> list[str]:
    """The problems that `;!` lines tell of the lines above them."""
    lines = text.splitlines()
    return [f"x.zone:{n}: {line[3:]}" for n, line in enumerate(lines) if line.startswith(";!")]
