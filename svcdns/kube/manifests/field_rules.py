"""The rules for one value of a Kubernetes object, and the API server's words for a broken one.

This is the lowest layer of validation: each check takes a value and returns what is wrong with it, or
None.
Source: Kubernetes "Object Names and IDs", "Labels and Selectors", and the API conventions' error
forms (`Invalid value`, `Required value`, `Unsupported value`, `Duplicate value`, `Forbidden`).
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Literal, TypeAlias

from svcdns import addresses, name_syntax
from svcdns.addresses import Network
from svcdns.errors import ObjectError

IPFamily: TypeAlias = Literal["IPv4", "IPv6"]
FieldCheck: TypeAlias = Callable[[str], str | None]
"""Returns what is wrong with a value, or None."""

PROTOCOLS = frozenset({"TCP", "UDP", "SCTP"})

_IPV6_LOOPBACK = bytes(15) + b"\1"
_PORT_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def invalid_value(field: str, value: Any, message: str) -> ObjectError:
    """A value that breaks a rule; `value` is shown as JSON."""
    return ObjectError(field, f"Invalid value: {json.dumps(value, default=str)}: {message}")


def required_value(field: str, message: str = "") -> ObjectError:
    """A value that is missing."""
    return ObjectError(field, f"Required value: {message}" if message else "Required value")


def duplicate_value(field: str, value: Any) -> ObjectError:
    """A value that has to be unique and is not."""
    return ObjectError(field, f"Duplicate value: {json.dumps(value, default=str)}")


def forbidden_field(field: str, message: str) -> ObjectError:
    """A field that may not be set here."""
    return ObjectError(field, f"Forbidden: {message}")


def unsupported_value(field: str, value: Any, supported: Iterable[str]) -> ObjectError:
    """A value outside an enumeration."""
    # In order, since most callers have a set.
    choice = ", ".join(json.dumps(supported_value) for supported_value in sorted(supported))
    shown = json.dumps(value, default=str)
    return ObjectError(field, f"Unsupported value: {shown}: supported values: {choice}")


def run_checks(field: str, value: str, *checks: FieldCheck) -> Iterable[ObjectError]:
    """The error of the first check that the value fails; nothing where it passes all."""
    for check in checks:
        if message := check(value):
            yield invalid_value(field, value, message)
            return


def check_dns_label(value: str) -> str | None:
    """RFC 1123 label: names of Services (since 1.34), Namespaces and ports, host names."""
    if len(value) > name_syntax.MAX_LABEL:
        return "must be no more than 63 characters"

    if not name_syntax.is_dns_label(value):
        return "must be a DNS label (RFC 1123): lower case letters, digits and '-', not at either end"
    return None


def check_dns_subdomain(value: str) -> str | None:
    """RFC 1123 subdomain: names of Pods and EndpointSlices, external names."""
    if len(value) > name_syntax.MAX_SUBDOMAIN:
        return "must be no more than 253 characters"

    if not name_syntax.is_dns_subdomain(value):
        return "must be a DNS name (RFC 1123): labels of lower case letters, digits and '-', joined by '.'"
    return None


@lru_cache  # the same few keys are on every Pod
def check_label_key(value: str) -> str | None:
    """A label's key: a name of up to 63 characters, with or without a DNS prefix and `/` before it."""
    prefix, slash, name = value.rpartition("/")
    if slash and check_dns_subdomain(prefix):
        return "prefix part must be a DNS name (RFC 1123)"

    if not name_syntax.is_qualified_name(name):
        return (
            "name part must be 1 to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends"
        )
    return None


def check_label_value(value: str) -> str | None:
    """A label's value: up to 63 characters, or empty."""
    if not name_syntax.is_label_value(value):
        return "must be up to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends"
    return None


def check_port_number(value: int) -> str | None:
    """A port that can be connected to."""
    return None if 1 <= value <= 65535 else "must be between 1 and 65535, inclusive"


def check_port_name(value: str) -> str | None:
    """The name of a container port: a service name (RFC 6335 section 5.1)."""
    if len(value) > 15:
        return "must be no more than 15 characters"

    if not _PORT_NAME.fullmatch(value):
        return "must contain only lower case letters, digits and single '-' between them"
    if not re.search(r"[a-z]", value):
        return "must contain at least one letter (a-z)"
    return None


@lru_cache  # an address is parsed two or three times for one object
def parse_address(value: str) -> IPv4Address | IPv6Address | None:
    """The address; None for other text, and for an address with a zone (`fe80::1%eth0`).

    Octets with leading zeros are decimal, and IPv4 within IPv6 is IPv4, as the API server reads both in
    Services, Endpoints and Pods.
    """
    # Python takes a zone, the API server does not.
    packed = None if "%" in value else addresses.parse_stored(value)
    return None if packed is None else ip_address(packed)


def parse_network(value: str) -> Network | None:
    """The network of a CIDR; None for other text, or where bits behind the prefix are set."""
    # Python takes an address without a prefix as a network of one address.
    try:
        return ip_network(value) if "/" in value else None
    except ValueError:
        return None


def ip_family_of(value: IPv4Address | IPv6Address) -> IPFamily:
    """The family as Kubernetes spells it."""
    return "IPv4" if value.version == 4 else "IPv6"


def check_ip(value: str) -> str | None:
    """Any IP address."""
    return None if parse_address(value) else "must be a valid IP address"


def check_endpoint_ip(value: str) -> str | None:
    """An address that traffic can be sent to from elsewhere."""
    parsed = parse_address(value)
    return check_not_special(parsed) if parsed else "must be a valid IP address"


def check_not_special(parsed_address: IPv4Address | IPv6Address) -> str | None:
    """Why the API server refuses this address as a destination of traffic; None where it takes it."""
    # By octets, since `ipaddress` has no property for link-local multicast.
    octets = parsed_address.packed
    is_ipv4 = parsed_address.version == 4

    if not any(octets):
        return f"may not be unspecified ({parsed_address})"

    if octets[0] == 127 if is_ipv4 else octets == _IPV6_LOOPBACK:
        return "may not be in the loopback range (127.0.0.0/8, ::1/128)"

    if octets[:2] == b"\xa9\xfe" if is_ipv4 else octets[0] == 0xFE and octets[1] & 0xC0 == 0x80:
        return "may not be in the link-local range (169.254.0.0/16, fe80::/10)"

    # ff02 and every other multicast address whose scope is 2, whatever its flags (RFC 4291 section 2.7).
    if octets[:3] == b"\xe0\0\0" if is_ipv4 else octets[0] == 0xFF and octets[1] & 0x0F == 2:
        return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    return None
