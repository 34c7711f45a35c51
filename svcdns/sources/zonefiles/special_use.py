"""Zones that are served to everybody: names that must not go to an upstream (RFC 6761 6, RFC 6303).

A zone file of the same origin replaces one of these. A reverse zone among them also yields to a route or a
zone file that has its names, or some of them. Those for documentation yield to any upstream that would be
asked: who uses these addresses in a test has names for them there.

The reverse zones of private addresses (RFC 6303 4.1, 4.4, RFC 7793), `home.arpa` and `test` are not among
them: an upstream of the same site may well know what is behind them, and our clients have no other way to
ask it.
"""

from collections.abc import Iterable, Mapping

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


_DOCUMENTATION_ZONES = frozenset(
    map(
        names.from_text,
        (
            "2.0.192.in-addr.arpa",
            "100.51.198.in-addr.arpa",
            "113.0.203.in-addr.arpa",
            "8.b.d.0.1.0.0.2.ip6.arpa",
        ),
    )
)
_REVERSE_TREES = (names.IN_ADDR_ARPA, names.IP6_ARPA)
_TOO_WIDE = (*_REVERSE_TREES, names.parent(names.IP6_ARPA), names.ROOT)
"""Routes and zones of these mean reverse names as such, not those of special use."""


def build_zones(routes: Iterable[tuple[bytes, bool]] = ()) -> list[FileZone]:
    """Build the special-use zones that do not yield to routes.

    `routes` are folded suffixes, and whether an upstream is asked for their names. A mistake in the text
    above would be a ZoneFileError.
    """
    suffixes = dict(routes)
    zones = [_build_zone(names.from_text(origin), text) for origin, text in SPECIAL_USE_ZONES.items()]
    return [
        zone
        for zone in zones
        if not yields_to(zone.origin, suffixes) and not _has_upstream_names(zone.origin, suffixes)
    ]


def yields_to(origin: bytes, configured_names: Iterable[bytes]) -> bool:
    """Whether a special-use zone is a reverse zone that yields to one of these routes or zones.

    They are at it, below it, or above it, but not as far above as all reverse names.
    """
    if not any(names.is_subdomain(origin, tree) for tree in _REVERSE_TREES):
        return False

    return any(
        names.is_subdomain(name, origin) or (names.is_subdomain(origin, name) and name not in _TOO_WIDE)
        for name in configured_names
    )


def _has_upstream_names(origin: bytes, suffixes: Mapping[bytes, bool]) -> bool:
    """Whether an upstream is asked for a zone of addresses for documentation: the longest suffix decides."""
    if origin not in _DOCUMENTATION_ZONES:
        return False
    return next((suffixes[suffix] for suffix in names.suffixes(origin) if suffix in suffixes), False)


def _build_zone(origin: bytes, text: str) -> FileZone:
    reader = MasterFileReader(_refuse_include)
    reader.read("special-use", text.encode(), origin)

    checked = zone_rules.check_zone("special-use", reader.records)
    if checked.zone is None:
        raise ZoneFileError(str((reader.errors, checked.errors)))
    return checked.zone


def _refuse_include(parent: str, name: str) -> tuple[str, bytes]:
    raise ZoneFileError(f"{parent}: {name} cannot be included")
