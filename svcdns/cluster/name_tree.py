"""The names of the touched parts of the tree, from the store."""

from contextlib import suppress

from svcdns import addresses
from svcdns.cluster import rrsets, service_records
from svcdns.cluster.affected import AffectedParts
from svcdns.cluster.options import (
    ClusterOptions,
    find_exposed_service,
    is_exposed_namespace,
    reverse_zone_numbers,
)
from svcdns.cluster.ptr_records import PtrBuilder
from svcdns.cluster.service_records import NameSelection
from svcdns.dns.table import rrset_encoding
from svcdns.dns.table.subtree import AnyNode, EndpointList, GlueAddresses, Node, Subtree
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from svcdns.errors import DomainNameError
from svcdns.kube import store
from svcdns.kube.store import Store

DNS_VERSION = b"1.1.0"
DNS_VERSION_TTL = 28800


def build_part(affected_parts: AffectedParts, state: Store, options: ClusterOptions) -> Subtree:
    """The names of the touched parts as the store has them now; a name that is absent is gone."""
    made: dict[bytes, AnyNode] = {}
    glue: dict[bytes, GlueAddresses] = {}
    hosts: dict[bytes, EndpointList] = {}
    above: set[bytes] = set()
    for number, zone in enumerate(options.zones):
        if affected_parts.has_apex:
            made.update(_apex_names(number, zone, state, options))
            above.update(reverse_zone_numbers(options))
        for namespace in affected_parts.namespaces:
            made.update(_namespace_names(number, zone, namespace, state, options))
        for key in affected_parts.services | affected_parts.endpoint_labels.keys():
            with suppress(DomainNameError):  # longer than 255 bytes: such a name cannot exist
                wanted = NameSelection(
                    key in affected_parts.services, affected_parts.endpoint_labels.get(key, set())
                )
                part = service_records.service_part(number, zone, key, wanted, state, options)
                made.update(part.nodes)
                glue.update(part.glue)
                hosts.update(part.endpoint_lists)
        for namespace, address in affected_parts.pods:
            made.update(_pod_names(number, zone, namespace, address, state, options))
    if affected_parts.addresses:
        pointers = PtrBuilder(state, options).build_part(
            affected_parts.addresses, affected_parts.reverse_parents
        )
        made.update(pointers.nodes)
        above.update(pointers.empty_non_terminals)
    return Subtree(made, glue, hosts, above)


def _apex_names(zone_number: int, zone: bytes, state: Store, options: ClusterOptions) -> dict[bytes, AnyNode]:
    ttl, ns = options.ttl, names.from_labels((b"ns", b"dns"), zone)
    service = find_exposed_service(options.dns_service, state, options)
    dns = rrsets.address_rrsets(set(store.service_addresses(service)), ttl) if service else {}
    soa = RRset(options.negative_ttl, rrset_encoding.TABLE_SERIAL_RDATA)
    made: dict[bytes, AnyNode] = {
        zone: Node(zone_number, {records.SOA: soa, records.NS: RRset(ttl, (ns,))}),
        ns: Node(zone_number, dns),
        names.from_labels((b"dns-version",), zone): Node(
            zone_number, {records.TXT: RRset(DNS_VERSION_TTL, (records.txt_rdata(DNS_VERSION),))}
        ),
    }
    for empty in (b"dns", b"svc", b"pod"):
        made[names.from_labels((empty,), zone)] = Node(zone_number, {})
    return made | _reverse_apexes(ns, options) if zone_number == 0 else made


def _reverse_apexes(ns: bytes, options: ClusterOptions) -> dict[bytes, AnyNode]:
    soa, authority = RRset(options.negative_ttl, rrset_encoding.TABLE_SERIAL_RDATA), RRset(options.ttl, (ns,))
    return {
        zone: Node(number, {records.SOA: soa, records.NS: authority})
        for zone, number in reverse_zone_numbers(options).items()
    }


def _namespace_names(
    zone_number: int, zone: bytes, namespace: str, state: Store, options: ClusterOptions
) -> dict[bytes, AnyNode]:
    if not state.namespace_exists(namespace) or not is_exposed_namespace(namespace, state, options):
        return {}
    made: dict[bytes, AnyNode] = {names.from_text_labels((namespace, "svc"), zone): Node(zone_number, {})}
    if options.pods != "disabled":
        made[names.from_text_labels((namespace, "pod"), zone)] = Node(zone_number, {})
    return made


def _pod_names(
    zone_number: int, zone: bytes, namespace: str, address: bytes, state: Store, options: ClusterOptions
) -> dict[bytes, AnyNode]:
    if options.pods != "verified" or not is_exposed_namespace(namespace, state, options):
        return {}
    if not any(True for _ in state.pods_by_address.find_owners((namespace, address))):
        return {}
    name = names.from_text_labels((addresses.to_label(address).decode(), namespace, "pod"), zone)
    return {name: Node(zone_number, rrsets.address_rrsets({address}, options.ttl))}
