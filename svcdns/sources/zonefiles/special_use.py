"""Zones that are served to everybody: names that must not go to an upstream (RFC 6761 6, RFC 6303).

A zone file of the same origin replaces one of these. The reverse zones of private addresses (RFC 6303 4.1,
4.4, RFC 7793), `home.arpa` and `test` are not among them: an upstream of the same site may well know what is
behind them, and our clients have no other way to ask it.
"""

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names
from svcdns.errors import ZoneFileError
from svcdns.sources.zonefiles import zone_rules
from svcdns.sources.zonefiles.master_file import MasterFileReader

# These zones have no servers, so each apex is its own name server (RFC 6303 3).
_APEX_RECORDS = """
$TTL 10800
@ SOA @ nobody.invalid. 1 3600 1200 604800 10800  ; as RFC 6303 3 has it
@ NS @
"""

# Also each name below localhost is the loopback address (RFC 6761 6.3).
_LOOPBACK_RECORDS = """
@ A 127.0.0.1
@ AAAA ::1
* A 127.0.0.1
* AAAA ::1
"""

_NODATA_FOR_EVERY_NAME = 'nothing.* TXT "so that every name exists, and none has data"'

SPECIAL_USE_ZONES = {
    "localhost.": _APEX_RECORDS + _LOOPBACK_RECORDS,  # RFC 6761 6.3
    "invalid.": _APEX_RECORDS,  # RFC 6761 6.4
    "onion.": _APEX_RECORDS,  # RFC 7686 2: names of Tor
    "alt.": _APEX_RECORDS,  # RFC 9476: names that are none of the DNS
    "127.in-addr.arpa.": _APEX_RECORDS + "1.0.0 PTR localhost.",
    "1" + 31 * ".0" + ".ip6.arpa.": _APEX_RECORDS + "@ PTR localhost.",
    "0" + 31 * ".0" + ".ip6.arpa.": _APEX_RECORDS,  # RFC 6303 4.3: the unspecified address
    "0.in-addr.arpa.": _APEX_RECORDS,  # RFC 6303 4.2: this network
    "254.169.in-addr.arpa.": _APEX_RECORDS,  # links
    "2.0.192.in-addr.arpa.": _APEX_RECORDS,  # documentation
    "100.51.198.in-addr.arpa.": _APEX_RECORDS,
    "113.0.203.in-addr.arpa.": _APEX_RECORDS,
    "255.255.255.255.in-addr.arpa.": _APEX_RECORDS,  # everybody
    "8.e.f.ip6.arpa.": _APEX_RECORDS,  # RFC 6303 4.5: links
    "9.e.f.ip6.arpa.": _APEX_RECORDS,
    "a.e.f.ip6.arpa.": _APEX_RECORDS,
    "b.e.f.ip6.arpa.": _APEX_RECORDS,
    "8.b.d.0.1.0.0.2.ip6.arpa.": _APEX_RECORDS,  # RFC 6303 4.6: documentation
    # RFC 9462 6.4: NODATA, as no other resolver is designated.
    "resolver.arpa.": _APEX_RECORDS + _NODATA_FOR_EVERY_NAME,
}


def build_zones() -> list[FileZone]:
    """Build all special-use zones; a mistake in the text above would be a ZoneFileError."""
    return [_build_zone(names.from_text(origin), text) for origin, text in SPECIAL_USE_ZONES.items()]


def _build_zone(origin: bytes, text: str) -> FileZone:
    reader = MasterFileReader(_refuse_include)
    reader.read("special-use", text.encode(), origin)

    checked = zone_rules.check_zone("special-use", reader.records)
    if checked.zone is None:
        raise ZoneFileError(str((reader.errors, checked.errors)))
    return checked.zone


def _refuse_include(parent: str, name: str) -> tuple[str, bytes]:
    raise ZoneFileError(f"{parent}: {name} cannot be included")
