"""The cluster as zone files (RFC 1035), for the peers: the records that svcdns makes of it."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

from benchmarks.cluster import DNS_ADDRESS, ZONE, Cluster, Service

REVERSE = "10.in-addr.arpa"
TTL = 30


def write_zones(cluster: Cluster, folder: Path) -> dict[str, Path]:
    """Write the forward and the reverse zone; returns the file of each zone's name."""
    files = {ZONE: folder / "forward.zone", REVERSE: folder / "reverse.zone"}
    with files[ZONE].open("w") as out:
        out.writelines(f"{line}\n" for line in forward_lines(cluster))

    with files[REVERSE].open("w") as out:
        out.writelines(f"{line}\n" for line in reverse_lines(cluster))

    return files


def head_lines(zone: str) -> Iterator[str]:
    """What every zone opens with."""
    yield f"$ORIGIN {zone}."
    yield f"$TTL {TTL}"
    yield f"@ SOA ns.dns.{ZONE}. hostmaster.{ZONE}. 1 7200 1800 86400 {TTL}"
    yield f"@ NS ns.dns.{ZONE}."


def forward_lines(cluster: Cluster) -> Iterator[str]:
    """The forward zone."""
    yield from head_lines(ZONE)
    yield f"ns.dns A {DNS_ADDRESS}"
    for service in cluster.services:
        yield from service_lines(service)

    yield f'dns-version.{ZONE}. 28800 TXT "1.1.0"'


def service_lines(service: Service) -> Iterator[str]:
    """The names that one Service owns."""
    base = f"{service.base}."
    if service.kind == "external":
        yield f"{base} CNAME {service.target}."
        return

    if service.address:
        yield f"{base} A {service.address}"
        ports = [(port.name, port.number, base) for port in service.ports]
    else:
        yield from (f"{base} A {address}" for address in service.endpoints)
        ports = [
            (port.name, port.target, f"{endpoint_label(address)}.{base}")
            for port in service.ports
            for address in service.endpoints
        ]

    yield from (f"{base} SRV 0 {100 // len(ports)} {number} {target}" for _, number, target in ports)
    each = max(1, 100 * len(service.ports) // len(ports)) if ports else 0
    yield from (f"_{name}._tcp.{base} SRV 0 {each} {number} {target}" for name, number, target in ports)
    for address in service.endpoints:
        owner = f"{endpoint_label(address)}.{base}"
        yield f"{owner} A {address}"
        weight = 100 // len(service.ports)
        yield from (f"{owner} SRV 0 {weight} {port.target} {owner}" for port in service.ports)


def reverse_lines(cluster: Cluster) -> Iterator[str]:
    """The reverse zone: cluster IPs and endpoints."""
    yield from head_lines(REVERSE)
    for service in cluster.services:
        if service.address:
            yield f"{reverse_name(service.address)} PTR {service.base}."
        for address in service.endpoints:
            yield f"{reverse_name(address)} PTR {endpoint_label(address)}.{service.base}."


def endpoint_label(address: str) -> str:
    """The label of an endpoint without a hostname."""
    return address.replace(".", "-")


def reverse_name(address: str) -> str:
    """The reverse name of an address, with the last dot."""
    return f"{IPv4Address(address).reverse_pointer}."
