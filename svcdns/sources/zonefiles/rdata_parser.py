"""The data of one record, from its text to its wire form; the only import of dnspython.

dnspython knows how some sixty types are written. It gets the data of one record at a time, so that messages
can name the file and the line.
"""

import functools
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.ttl

from svcdns.dns.wire import records
from svcdns.dns.wire.records import RRType
from svcdns.errors import ZoneFileError

MAX_TTL = 0x7FFFFFFF
"""The largest TTL, in seconds (RFC 2181 8)."""
NO_ORIGIN_MESSAGE = "a relative name without an origin: end it with a dot, or put $ORIGIN above it"

_EXPECTED_FORMATS = {
    records.A: "an IPv4 address, as 192.0.2.1",
    records.AAAA: "an IPv6 address, as 2001:db8::1",
    records.NS: "the name of a name server, as ns1.example.org.",
    records.CNAME: "one name, as www.example.org.",
    records.PTR: "one name, as www.example.org.",
    records.MX: "a preference and a name, as 10 mail.example.org.",
    records.TXT: 'strings in quotes, each of at most 255 bytes, as "v=spf1 -all"',
    records.SRV: "priority, weight, port and target, as 0 100 443 www.example.org.",
    # CAA (RFC 8659)
    257: 'flags, tag and value, as 0 issue "ca.example.org"',
    records.SOA: "mname rname serial refresh retry expire minimum, as ns hostmaster 1 7200 1800 86400 300",
}

_DNSSEC_TYPES = {
    "SIG",
    "KEY",
    "NXT",
    "DS",
    "RRSIG",
    "NSEC",
    "DNSKEY",
    "NSEC3",
    "NSEC3PARAM",
    "CDS",
    "CDNSKEY",
    "DLV",
    "TA",
}
# Types that are asked for, or stand in messages, and in no zone; MD and MF are obsolete (RFC 973).
_META_TYPES = {"OPT", "TKEY", "TSIG", "IXFR", "AXFR", "MAILB", "MAILA", "ANY", "NONE", "MD", "MF"}

_to_rdatatype = dns.rdatatype.RdataType.make


class Rdata(NamedTuple):
    """RDATA in wire form, its names uncompressed.

    `canonical` is the same for equal data, whatever the case of names in it (RFC 4034 6.2).
    """

    wire: bytes
    canonical: bytes


def type_from_text(text: str) -> RRType:
    """Return the number of `A` or `TYPE65280`; raises ZoneFileError for a type that no static zone holds."""
    try:
        number = dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError):
        raise ZoneFileError(f"{text!r} is not a record type, as A, MX or TYPE65280") from None

    name = dns.rdatatype.to_text(number)
    if name in _DNSSEC_TYPES:
        raise ZoneFileError("DNSSEC is not served: leave its records out")
    if number == dns.rdatatype.DNAME:
        raise ZoneFileError("DNAME is not served: write the names out, or a wildcard CNAME")
    # 128 to 255 are for questions and messages (RFC 6895 3.1).
    if name in _META_TYPES or 128 <= number < 256 or number == 0:
        raise ZoneFileError(f"{text!r} is a type that no zone holds (RFC 6895 3.1)")

    return int(number)


def type_to_text(number: RRType) -> str:
    """Return the name of a type, the reverse of `type_from_text`."""
    return dns.rdatatype.to_text(_to_rdatatype(number))


def parse_ttl(text: str) -> int:
    """Return the seconds of `300` or `1h30m`; raises ZoneFileError."""
    try:
        seconds = dns.ttl.from_text(text)
    except dns.exception.DNSException:
        raise ZoneFileError(f"{text!r} is not a TTL, as 300 or 1h30m") from None

    if seconds > MAX_TTL:
        raise ZoneFileError(f"a TTL is at most {MAX_TTL} seconds (RFC 2181 8)")
    return int(seconds)


def parse_rdata(rrtype: RRType, text: str, origin: bytes | None) -> Rdata:
    """Parse the data as it stands in a file, its names relative to `origin`; raises ZoneFileError."""
    base = None if origin is None else _to_dnspython_name(origin)
    try:
        parsed = dns.rdata.from_text(dns.rdataclass.IN, _to_rdatatype(rrtype), text, base, relativize=False)
        wire = parsed.to_wire()
        canonical = parsed.to_digestable()
    except dns.name.NeedAbsoluteNameOrOrigin:
        raise ZoneFileError(NO_ORIGIN_MESSAGE) from None
    except Exception as error:  # dozens of kinds, ValueError and AttributeError among them
        expected = _EXPECTED_FORMATS.get(rrtype) or str(error) or "data as the type's RFC says"
        raise ZoneFileError(f"{_quote_for_message(text)} is not right; expected {expected}") from None

    # The length of RDATA is a field of 16 bits (RFC 1035 3.2.1).
    if wire is None or len(wire) > 65535:
        raise ZoneFileError("the data of a record has at most 65535 bytes")

    return Rdata(wire, canonical)


def _quote_for_message(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...") if text else "no data"


# All records of a file have the same few origins.
@functools.lru_cache(maxsize=64)
def _to_dnspython_name(origin: bytes) -> dns.name.Name:
    return dns.name.from_wire(origin, 0)[0]
