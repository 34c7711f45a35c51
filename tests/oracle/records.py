"""Records and addresses, the words the oracle is written in."""

import ipaddress
from dataclasses import dataclass

import dns.name
import dns.rdata
from dns.name import Name
from dns.rdatatype import RdataType

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Record:
    """One record of class IN; names compare without case, as DNS names do."""

    name: Name
    ttl: int
    rdata: dns.rdata.Rdata

    @property
    def type(self) -> RdataType:
        """Its type."""
        return RdataType(self.rdata.rdtype)

    def __str__(self) -> str:
        return f"{self.name} {self.ttl} {self.type.name} {self.rdata}".lower()


def below(name: Name, *labels: str) -> Name | None:
    """The name with labels put in front; None where DNS cannot hold it (a port's name of 63 letters)."""
    try:
        return Name(tuple(label.encode() for label in labels) + name.labels)
    except (dns.name.LabelTooLong, dns.name.NameTooLong):
        return None


def parse_address(text: str) -> Address | None:
    """The address, or None."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def stored_address(text: str) -> Address | None:
    """The address in an object, which Go reads with `ParseIPSloppy` and `To4`: 010.0.0.1, ::ffff:10.0.0.1."""
    head, colon, dotted = text.rpartition(":")
    octets = [str(int(octet)) if octet.isdigit() else octet for octet in dotted.split(".")]
    address = parse_address(head + colon + ".".join(octets) if "." in text else text)
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address


def reverse_name(address: Address) -> Name:
    """`4.3.2.1.in-addr.arpa.`, or 32 nibbles below `ip6.arpa.`."""
    return dns.name.from_text(address.reverse_pointer)


def record(name: Name, ttl: int, rdtype: str, rdata: str) -> Record:
    """A record, its rdata as a zone file has it."""
    return Record(name, ttl, dns.rdata.from_text("IN", rdtype, rdata))


def address_record(name: Name, ttl: int, address: Address) -> Record:
    """A or AAAA."""
    return record(name, ttl, "A" if address.version == 4 else "AAAA", str(address))


def srv_record(name: Name, ttl: int, port: int, target: Name) -> Record:
    """SRV, priority 0; `lookup` gives the weight, which depends on the whole set."""
    return record(name, ttl, "SRV", f"0 0 {port} {target}")
