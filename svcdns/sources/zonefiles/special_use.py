"""Zones that are served to everybody: names that must not go to an upstream (RFC 6761 6, RFC 6303).

A zone file of the same origin replaces one of these.
"""

from svcdns.dns import names
from svcdns.dns.zone import StaticZone
from svcdns.errors import ZoneFileError
from svcdns.sources.zonefiles import rules
from svcdns.sources.zonefiles.master import Reader

_APEX = """
$TTL 10800
@ SOA @ nobody.invalid. 1 3600 1200 604800 10800  ; as RFC 6303 3 has it
@ NS @
"""

_LOOPBACK = """
@ A 127.0.0.1
@ AAAA ::1
* A 127.0.0.1
* AAAA ::1
"""

_EVERY_NAME = 'nothing.* TXT "so that every name exists, and none has data"'

ZONES = {
    "localhost.": _APEX + _LOOPBACK,  # RFC 6761 6.3
    "invalid.": _APEX,  # RFC 6761 6.4
    "127.in-addr.arpa.": _APEX + "1.0.0 PTR localhost.",
    "1" + 31 * ".0" + ".ip6.arpa.": _APEX + "@ PTR localhost.",
    "resolver.arpa.": _APEX + _EVERY_NAME,  # RFC 9462 6.4: NODATA, as no other resolver is designated
}


def zones() -> list[StaticZone]:
    """All of them."""
    return [_zone(names.from_text(origin), text) for origin, text in ZONES.items()]


def _zone(origin: bytes, text: str) -> StaticZone:
    reader = Reader(_no_include)
    reader.read("special-use", text.encode(), origin)
    judged = rules.judge("special-use", reader.records)
    if judged.zone is None:
        raise ZoneFileError(str((reader.errors, judged.errors)))
    return judged.zone


def _no_include(parent: str, name: str) -> tuple[str, bytes]:
    raise ZoneFileError(f"{parent}: {name} is not to be read")
