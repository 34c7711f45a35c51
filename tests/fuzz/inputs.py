"""Strategies: bytes that are nearly what a parser expects."""

import struct

from hypothesis import strategies as st

from svcdns.dns.wire import names
from tests.dns import asked

LABELS = st.one_of(
    st.sampled_from(
        [b"web", b"default", b"svc", b"cluster", b"local", b"_http", b"_tcp", b"pod", b"arpa", b"in-addr"]
    ),
    st.binary(min_size=1, max_size=63),
)
SUFFIXES = st.sampled_from(
    [
        names.ROOT,
        names.from_text("default.svc.cluster.local"),
        names.from_text("cluster.local"),
        names.IN_ADDR_ARPA,
    ]
)

VALID_COOKIE = asked.OUR_COOKIE[4:]


@st.composite
def wire_names(draw: st.DrawFn) -> bytes:
    """A name of at most 255 bytes, mostly near the ones that are served."""
    name = draw(SUFFIXES)
    for label in draw(st.lists(LABELS, max_size=6)):
        if len(label) + 1 + len(name) <= names.MAX_NAME_LENGTH:
            name = bytes((len(label),)) + label + name
    return name


def option(code: int, data: bytes) -> bytes:
    """An EDNS option in wire form."""
    return struct.pack("!HH", code, len(data)) + data


COOKIES = st.one_of(
    st.sampled_from([8, 8, 24, 24, 0, 7, 9, 15, 16, 23, 40, 41]).flatmap(
        lambda size: st.binary(min_size=size, max_size=size)
    ),
    st.just(VALID_COOKIE),
).map(lambda data: option(10, data))
"""Of all sizes that make a difference, and one that is right."""

OTHER_OPTIONS = st.one_of(
    st.just(option(3, b"")),
    st.just(option(8, b"\0\1\x18\0\xc0\0\2")),
    st.binary(max_size=9).map(lambda data: option(12, data)),
)
"""NSID, a client's subnet, padding."""


@st.composite
def options(draw: st.DrawFn) -> bytes:
    """An OPT record, with options that may lie about their length."""
    data = draw(st.one_of(st.binary(max_size=40), COOKIES, st.lists(COOKIES | OTHER_OPTIONS).map(b"".join)))
    length = draw(st.one_of(st.just(len(data)), st.integers(0, 65535)))
    size, version, flags = (
        draw(st.integers(0, 65535)),
        draw(st.sampled_from([0, 0, 0, 1, 255])),
        draw(st.integers(0, 65535)),
    )
    return struct.pack("!BHHBBHH", 0, 41, size, 0, version, flags, length) + data


@st.composite
def queries(draw: st.DrawFn) -> bytes:
    """A query as a client writes it, then with some bytes changed, cut or added."""
    rrtype = draw(
        st.one_of(st.sampled_from([1, 28, 33, 12, 5, 6, 2, 16, 255, 252, 41]), st.integers(0, 65535))
    )
    rrclass = draw(st.sampled_from([1, 1, 1, 1, 3, 255]))
    extra = b"".join(draw(st.lists(options(), max_size=2)))
    flags = draw(st.sampled_from([0x0100, 0, 0x0120, 0x0110, 0x8180, 0x2800]))
    counts = (
        1,
        0,
        0,
        draw(st.sampled_from([0, 1, 2, 65535])) if draw(st.booleans()) else min(2, extra.count(b"\0\0\x29")),
    )
    head = struct.pack("!HHHHHH", draw(st.integers(0, 65535)), flags, *counts)
    packet = bytearray(head + draw(wire_names()) + struct.pack("!HH", rrtype, rrclass) + extra)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(packet) - 1))
        packet[at] = draw(st.integers(0, 255))
    if draw(st.booleans()) and draw(st.booleans()):
        del packet[draw(st.integers(0, len(packet))) :]
    return bytes(packet + draw(st.one_of(st.just(b""), st.binary(max_size=20))))


PACKETS = st.one_of(queries(), queries(), st.binary(max_size=600))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ODD = st.one_of(
    st.sampled_from(
        [
            "",
            "None",
            "10.0.0.1",
            "::1",
            "a.b",
            "-",
            "x" * 300,
            "\u017fvc",
            "\x00",
            "web",
            "999.1.1.1",
            "fe80::1%eth0",
        ]
    ),
    JSON,
)


@st.composite
def api_objects(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    """A kind and an object of it whose fields may hold anything."""
    meta = {
        "name": draw(ODD),
        "namespace": draw(ODD),
        "labels": draw(st.one_of(st.just({"kubernetes.io/service-name": "web"}), JSON)),
    }
    ports = [{"name": draw(ODD), "port": draw(st.one_of(st.integers(0, 65535), ODD)), "protocol": draw(ODD)}]
    kind = draw(st.sampled_from(["Service", "EndpointSlice", "Namespace", "Pod"]))
    addresses = draw(st.lists(ODD, max_size=3))
    document: dict[str, object] = {"metadata": meta}
    if kind == "Service":
        document["spec"] = {
            "clusterIP": draw(ODD),
            "clusterIPs": addresses,
            "ports": ports,
            "externalName": draw(ODD),
            "type": draw(st.sampled_from(["ClusterIP", "ExternalName", "NodePort", "", None])),
        }
    elif kind == "EndpointSlice":
        document |= {
            "addressType": draw(st.sampled_from(["IPv4", "IPv6", "FQDN", ""])),
            "ports": ports,
            "endpoints": [
                {
                    "addresses": addresses,
                    "hostname": draw(ODD),
                    "conditions": draw(st.one_of(st.none(), JSON)),
                }
            ],
        }
    elif kind == "Pod":
        document["status"] = {"phase": draw(ODD), "podIPs": [{"ip": ip} for ip in addresses]}
    return kind, document


_ZONE_FILE = [
    *(
        b"a",
        b"@",
        b"*",
        b".",
        b" ",
        b"\t",
        b"\n",
        b"\r",
        b"(",
        b")",
        b'"',
        b"\\",
        b";",
        b"\xff",
        b"\0",
        b"x" * 64,
    ),
    *(b"$TTL ", b"$ORIGIN ", b"$INCLUDE x.inc", b"IN ", b"60 ", b"\\000", b"\\300", b"1.2.3.4", b"::1"),
    *(b"A ", b"NS ", b"CNAME ", b"TXT ", b"MX 1 ", b"SOA a b 1 2 3 4 5", b"TYPE1 \\# 4 01020304"),
    *(b"SVCB 1 . ", b"LOC ", b"APL 1:0/0", b"WKS 1.2.3.4 tcp x"),
]

ZONE_FILES = st.binary(max_size=300) | st.lists(st.sampled_from(_ZONE_FILE), max_size=40).map(b"".join)
"""Any bytes, and pieces of master files in any order."""
