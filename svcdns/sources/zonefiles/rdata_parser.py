"""The data of one record, from its text to its wire form; the only import of dnspython.

dnspython knows how some sixty types are written. It gets the data of one record at a time, so that messages
can name the file and the line.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.ttl
from dns.rdtypes import svcbbase

from svcdns.dns.wire import records
from svcdns.dns.wire.records import RRType
from svcdns.errors import ZoneFileError
from svcdns.sources.zonefiles import rdata_forms

MAX_TTL = 0x7FFFFFFF
"""The largest TTL, in seconds (RFC 2181 8)."""
NO_ORIGIN_MESSAGE = "a relative name without an origin: end it with a dot, or put $ORIGIN above it"

_EXPECTED_FORMATS = {
    records.A: "an IPv4 address, as 192.0.2.1",
    records.AAAA: "an IPv6 address, as 2001:db8::1",
    records.NS: "the name of a name server, as ns1.example.org.",
    records.CNAME: "one name, as www.example.org.",
    records.PTR: "one name, as www.example.org.",
    records.DNAME: "one name, as www.example.org.",
    # MB, MG, MR and MINFO (RFC 1035 3.3)
    **dict.fromkeys((7, 8, 9), "one name, as mail.example.org."),
    14: "two names, as owner.example.org. errors.example.org.",
    # NID and L64 (RFC 6742 2)
    104: "a preference and four groups of digits, as 10 14:4fff:ff20:ee64",
    106: "a preference and four groups of digits, as 10 2001:db8:1140:1000",
    # EUI48 and EUI64 (RFC 7043)
    108: "six pairs of digits, as 00-00-5e-00-53-2a",
    109: "eight pairs of digits, as 00-00-5e-ef-10-00-00-2a",
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

_GENERIC_MARK = "\\#"
_to_rdatatype = dns.rdatatype.RdataType.make
# dnspython has no type for it.
_to_generic_param: Callable[[bytes], svcbbase.Param] = svcbbase.GenericParam


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
    # 128 to 255 are for questions and messages (RFC 6895 3.1).
    if name in _META_TYPES or 128 <= number < 256 or number == 0:
        raise ZoneFileError(f"{text!r} is a type that no zone holds (RFC 6895 3.1)")

    return int(number)


def is_dnssec_type(number: RRType) -> bool:
    """Return whether records of the type sign a zone, or say how it is signed (RFC 4034, RFC 5155)."""
    return dns.rdatatype.to_text(_to_rdatatype(number)) in _DNSSEC_TYPES


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
        parsed = _parse_with_dnspython(rrtype, text, base)
        wire = parsed.to_wire()
        # dnspython does not know that these are names, and leaves their case.
        canonical = wire.lower() if rrtype in rdata_forms.NAME_COUNTS and wire else parsed.to_digestable()
    except dns.name.NeedAbsoluteNameOrOrigin:
        raise ZoneFileError(NO_ORIGIN_MESSAGE) from None
    except Exception as error:  # dozens of kinds, ValueError and AttributeError among them
        raise ZoneFileError(f"{_quote_for_message(text)} is not right; {_explain(rrtype, error)}") from None

    # The length of RDATA is a field of 16 bits (RFC 1035 3.2.1).
    if wire is None or len(wire) > 65535:
        raise ZoneFileError("the data of a record has at most 65535 bytes")

    return Rdata(wire, canonical)


def _parse_with_dnspython(rrtype: RRType, text: str, base: dns.name.Name | None) -> dns.rdata.Rdata:
    """Parse the usual form of a type's data, or the generic one (RFC 3597 5); raises whatever is wrong."""
    name_count = rdata_forms.NAME_COUNTS.get(rrtype)
    if name_count is not None and not text.startswith(_GENERIC_MARK):
        return _parse_names(rrtype, text, base, name_count)

    ech = rdata_forms.take_ech(rrtype, text)
    padded_text = ech.text if ech else rdata_forms.pad_groups(rrtype, text)
    parsed = dns.rdata.from_text(
        dns.rdataclass.IN, _to_rdatatype(rrtype), padded_text, base, relativize=False
    )

    if name_count is not None:
        _check_names(parsed.to_wire() or b"", name_count)
    if ech and isinstance(parsed, svcbbase.SVCBBase):
        params = {**parsed.params, svcbbase.ParamKey.ECH: _to_generic_param(ech.value)}
        return type(parsed)(parsed.rdclass, parsed.rdtype, parsed.priority, parsed.target, params)
    return parsed


def _parse_names(rrtype: RRType, text: str, base: dns.name.Name | None, count: int) -> dns.rdata.Rdata:
    words = text.split()
    if len(words) != count:
        raise ValueError

    data_names = [dns.name.from_text(word, base) for word in words]
    if not all(name.is_absolute() for name in data_names):
        raise dns.name.NeedAbsoluteNameOrOrigin

    wire = b"".join(name.to_wire() or b"" for name in data_names)
    return dns.rdata.GenericRdata(dns.rdataclass.IN, _to_rdatatype(rrtype), wire)


def _check_names(wire: bytes, count: int) -> None:
    """Raise where data in the generic form is not so many names."""
    at = 0
    for _ in range(count):
        at += dns.name.from_wire(wire, at)[1]

    if at != len(wire):
        raise ValueError


def _explain(rrtype: RRType, error: Exception) -> str:
    """Return what would be right, or what dnspython says is wrong."""
    name = type_to_text(rrtype)
    if name.startswith("TYPE"):
        expected = "the generic form, as \\# 4 0a000001 (RFC 3597 5)"
    else:
        expected = _EXPECTED_FORMATS.get(rrtype) or f"data as the RFC of {name} says ({error})"
    return f"expected {expected}"


def _quote_for_message(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...") if text else "no data"


# All records of a file have the same few origins.
@functools.lru_cache(maxsize=64)
def _to_dnspython_name(origin: bytes) -> dns.name.Name:
    return dns.name.from_wire(origin, 0)[0]
