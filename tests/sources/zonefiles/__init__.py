"""Zones from text, for tests of static zones."""

from svcdns.dns import names
from svcdns.dns.meta import Zone, ZoneKind
from svcdns.dns.zone import StaticZone, compile_zone
from svcdns.errors import ZoneFileError
from svcdns.sources.zonefiles import rules
from svcdns.sources.zonefiles.master import Reader
from svcdns.sources.zonefiles.rules import Judged

APEX = """
$TTL 300
@ SOA ns hostmaster 7 7200 1800 86400 60
@ NS ns
ns A 192.0.2.53
"""


def judged(text: str | bytes, origin: str = "example.org.", **files: str) -> Judged:
    """What becomes of a file's text; `files` can be included, `more_inc` as `more.inc`."""

    def include(parent: str, name: str) -> tuple[str, bytes]:
        found = files.get(name.replace(".", "_"))
        if found is None:
            raise ZoneFileError(f"no {name}")
        return name, found.encode()

    reader = Reader(include)
    data = text.encode() if isinstance(text, str) else text
    reader.read("x.zone", data, names.from_text(origin).lower())
    if reader.errors:
        return Judged(None, tuple(reader.errors), ())
    return rules.judge("x.zone", reader.records)


def zone(text: str, origin: str = "example.org.", **files: str) -> StaticZone:
    """The zone of a right text without SOA and NS of its own."""
    found = judged(APEX + text, origin, **files)
    assert found.zone is not None, found.errors
    return found.zone


def problems(text: str | bytes, origin: str = "example.org.", **files: str) -> list[str]:
    """All that is wrong with a file's text."""
    found = judged(text, origin, **files)
    return [str(problem) for problem in (*found.errors, *found.warnings)]


def table(*zones: StaticZone) -> tuple[dict[bytes, bytes], tuple[Zone, ...]]:
    """The entries of these zones, and the zones as the table tells of them."""
    served = {one.origin for one in zones}
    entries = {k: v for number, one in enumerate(zones) for k, v in compile_zone(one, number, served)}
    told = tuple(Zone(one.origin, ZoneKind.STATIC, number, 0, one.soa) for number, one in enumerate(zones))
    return entries, told
