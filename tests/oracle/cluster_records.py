"""The records of a cluster, as the Kubernetes DNS specification 1.1.0 lists them.

One generator for each kind of thing that owns names. A generator yields records only; that names
above a record exist too, and what is answered where a record is missing, is `lookup`'s.
"""

from collections.abc import Iterator
from itertools import chain

import dns.exception
import dns.name
from dns.name import Name

from tests.oracle.cluster import Cluster, Object, Options, namespace_of
from tests.oracle.endpoints import Endpoint, cluster_ips, has_pod, is_headless, ready_endpoints
from tests.oracle.records import (
    Address,
    Record,
    address_record,
    below,
    parse_address,
    record,
    reverse_name,
    srv_record,
)


def base_name(service: Object, zone: Name) -> Name | None:
    """`<service>.<namespace>.svc.<zone>`."""
    return below(zone, service["metadata"]["name"], namespace_of(service), "svc")


def port_name(base: Name, port: Object) -> Name | None:
    """`_<port>._<proto>.BASE`; unnamed ports have none (2.3.2, 2.4.2)."""
    if not port.get("name"):
        return None
    return below(base, "_" + port["name"], "_" + (port.get("protocol") or "TCP"))


def cluster_ip_records(service: Object, base: Name, ttl: int) -> Iterator[Record]:
    """2.3.1 and 2.3.2: a Service with cluster IPs; at BASE, SRV of unnamed ports too."""
    for address in cluster_ips(service):
        yield address_record(base, ttl, address)
    for port in service["spec"].get("ports") or ():
        yield srv_record(base, ttl, port["port"], base)
        if name := port_name(base, port):
            yield srv_record(name, ttl, port["port"], base)


def headless_records(endpoints: list[Endpoint], base: Name, ttl: int) -> Iterator[Record]:
    """2.4.1 and 2.4.2, the names of the whole Service; the numbers are the slice's."""
    for endpoint in endpoints:
        yield address_record(base, ttl, endpoint.address)
        target = below(base, endpoint.host)
        if target is None:
            continue

        for port in endpoint.ports:
            yield srv_record(base, ttl, port["port"], target)
            if name := port_name(base, port):
                yield srv_record(name, ttl, port["port"], target)


def endpoint_records(endpoints: list[Endpoint], base: Name, ttl: int) -> Iterator[Record]:
    """2.4.1, `<hostname>.BASE`; also of Services with cluster IPs."""
    for endpoint in endpoints:
        if name := below(base, endpoint.host):
            yield address_record(name, ttl, endpoint.address)
            for port in endpoint.ports:
                yield srv_record(name, ttl, port["port"], name)


def external_name_records(service: Object, base: Name, ttl: int) -> Iterator[Record]:
    """2.5; an address is no name, and such a Service has no record."""
    text = (service["spec"].get("externalName") or "").removesuffix(".")
    if not text or parse_address(text):
        return

    try:
        target = dns.name.from_text(text)
    except dns.exception.DNSException:
        return
    yield record(base, ttl, "CNAME", str(target))


def service_records(cluster: Cluster, service: Object, zone: Name) -> Iterator[Record]:
    """Everything at and below BASE."""
    base = base_name(service, zone)
    ttl = cluster.options.ttl
    endpoints = ready_endpoints(cluster, service)
    if base is None:
        return
    if service["spec"].get("type") == "ExternalName":
        yield from external_name_records(service, base, ttl)
    elif is_headless(service):
        yield from headless_records(endpoints, base, ttl)
    elif cluster_ips(service) and (endpoints or not cluster.options.ignore_empty_service):
        yield from cluster_ip_records(service, base, ttl)

    yield from endpoint_records(endpoints, base, ttl)


def apex_records(owner: Name, zone: Name, options: Options) -> Iterator[Record]:
    """What every zone has (RFC 1034 4.2.1): its SOA, the serial never compared and so 0, and its NS."""
    minimum = options.ttl if options.negative_ttl is None else options.negative_ttl
    yield record(owner, minimum, "SOA", f"ns.dns.{zone} hostmaster.{zone} 0 7200 1800 86400 {minimum}")
    yield record(owner, options.ttl, "NS", f"ns.dns.{zone}")


def zone_records(cluster: Cluster, zone: Name) -> Iterator[Record]:
    """2.2, the schema's version; and the apex with its name server, the DNS Service."""
    options = cluster.options
    server = dns.name.from_text("ns.dns", zone)
    yield from apex_records(zone, zone, options)

    # Whatever is exposed: a zone's name server needs an address.
    everything = Cluster(cluster.all_objects, Options(no_endpoints=options.no_endpoints))
    for service in everything.services():
        if (namespace_of(service), service["metadata"]["name"]) == options.dns_service:
            endpoints = ready_endpoints(everything, service) if is_headless(service) else []
            for address in chain(cluster_ips(service), (e.address for e in endpoints)):
                yield address_record(server, options.ttl, address)

    yield record(dns.name.from_text("dns-version", zone), 28800, "TXT", '"1.1.0"')


def reverse_records(cluster: Cluster, zone: Name) -> Iterator[Record]:
    """2.3.3 and 2.4.3; a cluster IP wins over an endpoint that has the same address."""
    ttl = cluster.options.ttl
    taken = {address for service in cluster.services() for address in cluster_ips(service)}
    for service in cluster.services():
        base = base_name(service, zone)
        if base is None:
            continue

        for address in cluster_ips(service):
            yield record(reverse_name(address), ttl, "PTR", str(base))
        for endpoint in ready_endpoints(cluster, service):
            target = below(base, endpoint.host)
            if target and endpoint.address not in taken:
                yield record(reverse_name(endpoint.address), ttl, "PTR", str(target))


def pod_address(label: str) -> Address | None:
    """The address that a Pod's name says: `10-1-2-3`, or any dashed form of an IPv6 address."""
    if "-" not in label or not set(label) <= set("0123456789abcdef-"):
        return None
    return parse_address(label.replace("-", ".")) or parse_address(label.replace("-", ":"))


def pod_records(cluster: Cluster, name: Name, zone: Name) -> Iterator[Record]:
    """`<dashed address>.<namespace>.pod.<zone>`; computed, for `insecure` answers for every address."""
    mode = cluster.options.pods
    if mode == "disabled" or len(name) != len(zone) + 3:
        return

    label, namespace, kind = (part.decode("latin-1").lower() for part in name.labels[:3])
    address = pod_address(label)
    exists = namespace in {existing.lower() for existing in cluster.namespaces}
    if kind == "pod" and address and exists and (mode == "insecure" or has_pod(cluster, namespace, address)):
        yield address_record(name, cluster.options.ttl, address)
