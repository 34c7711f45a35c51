"""Values at the edges of what the API server stores, by field, beside the rules of its validation.

The rules are those of `pkg/apis/core/validation`, `pkg/apis/discovery/validation` and
`pkg/apis/networking/validation`. Where versions differ, a value is here if any version stores it: objects
outlive an upgrade.
"""

from tests.fake_apiserver import Object

NAMESPACES = ("default", "kube-system", "svc", "com", "1", "n" * 63)
"""A DNS-1123 label: it may be a number, a top-level domain, and a word of our own names."""
SERVICES = ("web", "db", "kube-dns", "0-0", "a" * 63)
"""A DNS-1035 label; since 1.34 a DNS-1123 label, which may begin with a digit."""
SLICES = ("web-1", "web-2", "x.y", "s" * 253)
"""A DNS-1123 subdomain."""
PODS = ("web-0", "web-1", "two.labels", "n" * 64)
"""A DNS-1123 subdomain, so it may have dots, or be longer than a label."""
OWNERS = (*SERVICES, *SERVICES, "gone", "Web", "two.labels", "")
"""A label's value: up to 63 letters of any case, digits, `-`, `_` and `.`, or empty."""

SERVICE_PORT_NAMES = ("http", "dns-tcp", "1", "p" * 15, "p" * 62, "p" * 63)
"""A DNS-1123 label, each once; needed where there are several ports. IANA_SVC_NAME is for target ports."""
SERVICE_PORT_NUMBERS = (1, 53, 80, 443, 65535)
"""1 to 65535; a number and protocol each once."""
SLICE_PORT_NAMES = ("", "http", "dns-tcp", "p" * 63)
"""Empty or a DNS-1123 label, each once; null becomes empty."""
SLICE_PORT_NUMBERS = (None, 0, 1, 53, 80, 8080, 65535)
"""Those of which DNS has a record, or that stand for all ports: null and 0."""
ODD_PORT_NUMBERS = (65536, 70000, -1, 2**31 - 1, -(2**31))
"""Nothing checks the ports of slices: any int32 is stored."""
PROTOCOLS = ("TCP", "TCP", "UDP", "SCTP")
"""One of these three; in a Service, TCP is filled in."""

HOSTNAMES = ("a", "web-0", "10-0-0-1", "10-0-0-2", "fd00--1", "0", "h" * 63)
"""A DNS-1123 label: it may be what another endpoint's address is spelled like."""
CLUSTER_IPS = {
    "IPv4": ("10.96.0.1", "10.96.0.2", "10.96.1.1", "10.97.0.1", "010.096.000.003", "::ffff:10.96.0.4"),
    "IPv6": ("fd00:96::1", "fd00:96::2", "FD00:0096:0::3", "fd00:96::"),
}
"""An address as Go read it until 1.16: octets may begin with zeros, and IPv4 may be within IPv6.
One of each family at most. Two Services have the same address after a restored backup."""
ADDRESSES = {
    "IPv4": (
        *("10.0.0.1", "10.0.0.2", "10.0.0.255", "10.0.1.1", "192.168.1.1", "255.255.255.255", "0.0.0.1"),
        *("010.000.000.001", "::ffff:10.0.0.9", "10.96.0.1"),
    ),
    "IPv6": ("fd00::1", "fd00::2", "FD00::1", "fd00:0:0:0:0:0:0:0001", "fd00::", "ff05::1", "fd00:96::1"),
    "FQDN": ("db.example.net", "10-0-0-1.example.org"),
}
"""The same; neither unspecified nor loopback nor link-local. An endpoint may have a Service's address, and
several endpoints the same one."""
READY: tuple[Object | None, ...] = (
    None,
    {},
    {"ready": None},
    {"ready": True},
    {"ready": True, "terminating": True},
    {"ready": False},
)
"""Each may be unset."""

EXTERNAL_NAMES = (
    "example.net",
    "example.net.",
    "web.default.svc.cluster.local",
    "db.svc.svc.cluster.local.",
    ".".join(["e" * 49] * 5),
)
"""A DNS-1123 subdomain of 253 characters at most, and perhaps a dot."""
ODD_EXTERNAL_NAMES = ("10.0.0.1", "l" * 64 + ".example.net")
"""An address is such a subdomain too, and nothing checks the length of its labels."""

SERVICE_CIDRS = (
    *(("10.96.0.0/16",), ("10.96.0.0/15", "fd00:96::/112"), ("fd00:96::/64",)),
    *(("10.0.0.0/28",), ("0.0.0.0/0",), ("10.96.1.0/24",)),
)
"""One network of each family at most, without bits behind the prefix."""

PHASES = ("Pending", "Running", "Running", "Running", "Succeeded", "Failed", "Unknown")


def slice_has_odd_values(document: Object) -> bool:
    """Whether a slice has what DNS cannot have, so that svcdns leaves it out and says so."""
    numbers = [port.get("port") or 0 for port in document.get("ports") or ()]
    return document["addressType"] == "FQDN" or any(not 0 <= number <= 65535 for number in numbers)


def service_has_odd_values(document: Object) -> bool:
    """The same of a Service."""
    spec = document["spec"]
    return spec.get("type") == "ExternalName" and spec.get("externalName") in ODD_EXTERNAL_NAMES
