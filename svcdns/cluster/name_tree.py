"""The names of the affected parts of the tree, from the store."""

from contextlib import suppress

from svcdns import addresses
from svcdns.cluster import rrsets, service_records
from svcdns.cluster.affected import AffectedParts
from svcdns.cluster.options import (
    ClusterOptions,
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
"""The version of the specification (specification 2.2)."""
DNS_VERSION_TTL = 28800
"""Seconds: the specification's own example."""


def build_part(affected_parts: AffectedParts, state: Store, options: ClusterOptions) -> Subtree:
    """The names of the affected parts as the store has them now; a name that is absent is gone."""
    nodes: dict[bytes, AnyNode] = {}
    glue: dict[bytes, GlueAddresses] = {}
    endpoint_lists: dict[bytes, EndpointList] = {}
    empty_non_terminals: set[bytes] = set()

    for number, zone in enumerate(options.zones):
        if affected_parts.has_apex:
            nodes.update(_apex_nodes(number, zone, state, options))
            if not affected_parts.omits_name_server:
                nodes.update(_name_server_node(number, zone, state, options))
            empty_non_terminals.update(reverse_zone_numbers(options))

        for namespace in affected_parts.namespaces:
            nodes.update(_namespace_nodes(number, zone, namespace, state, options))

        for key in affected_parts.services | affected_parts.endpoint_labels.keys():
            selection = NameSelection(
                key in affected_parts.services, affected_parts.endpoint_labels.get(key, set())
            )
            with suppress(DomainNameError):  # longer than 255 bytes: such a name cannot exist
                part = service_records.service_part(number, zone, key, selection, state, options)
                nodes.update(part.nodes)
                glue.update(part.glue)
                endpoint_lists.update(part.endpoint_lists)

        for namespace, address in affected_parts.pods:
            nodes.update(_pod_nodes(number, zone, namespace, address, state, options))

    # Reverse names lead into the first zone alone, so they are built once.
    if affected_parts.addresses:
        reverse_part = PtrBuilder(state, options).build_part(
            affected_parts.addresses, affected_parts.reverse_parents
        )
        nodes.update(reverse_part.nodes)
        empty_non_terminals.update(reverse_part.empty_non_terminals)

    return Subtree(nodes, glue, endpoint_lists, empty_non_terminals)


def _apex_nodes(zone_number: int, zone: bytes, state: Store, options: ClusterOptions) -> dict[bytes, AnyNode]:
    """The zone's own name, and the names that are there without any object."""
    ns_name = _name_server(zone)
    version_name = names.from_labels((b"dns-version",), zone)

    soa = RRset(options.negative_ttl, rrset_encoding.TABLE_SERIAL_RDATA)
    version = RRset(DNS_VERSION_TTL, (records.txt_rdata(DNS_VERSION),))

    nodes: dict[bytes, AnyNode] = {
        zone: Node(zone_number, {records.SOA: soa, records.NS: RRset(options.ttl, (ns_name,))}),
        version_name: Node(zone_number, {records.TXT: version}),
    }
    # Names below them exist, or may at any time, so they must not be denied (RFC 8020).
    for label in (b"dns", b"svc", b"pod"):
        nodes[names.from_labels((label,), zone)] = Node(zone_number, {})

    # All zones share the reverse zones, whose name server is in the first.
    if zone_number == 0:
        nodes.update(_reverse_apex_nodes(ns_name, options))
    return nodes


def _name_server_node(
    zone_number: int, zone: bytes, state: Store, options: ClusterOptions
) -> dict[bytes, AnyNode]:
    ns_addresses = _name_server_addresses(state, options)
    return {_name_server(zone): Node(zone_number, rrsets.address_rrsets(ns_addresses, options.ttl))}


def _name_server(zone: bytes) -> bytes:
    return names.from_labels((b"ns", b"dns"), zone)


def _name_server_addresses(state: Store, options: ClusterOptions) -> set[bytes]:
    """The cluster IPs of the DNS Service, or the addresses of its endpoints if it is headless."""
    # Also of a namespace whose names are not served: the zone's name server needs an address.
    dns_service = state.services.get(options.dns_service)
    if dns_service is None:
        return set()
    if not dns_service.is_headless or options.no_endpoints:
        return set(store.service_addresses(dns_service))

    slice_keys = state.slices_by_service.find_owners(options.dns_service)
    return {address for slice_key in slice_keys for address in state.slices[slice_key].addresses}


def _reverse_apex_nodes(ns_name: bytes, options: ClusterOptions) -> dict[bytes, AnyNode]:
    soa = RRset(options.negative_ttl, rrset_encoding.TABLE_SERIAL_RDATA)
    ns = RRset(options.ttl, (ns_name,))
    return {
        zone: Node(number, {records.SOA: soa, records.NS: ns})
        for zone, number in reverse_zone_numbers(options).items()
    }


def _namespace_nodes(
    zone_number: int, zone: bytes, namespace: str, state: Store, options: ClusterOptions
) -> dict[bytes, AnyNode]:
    """The empty non-terminals that a namespace has while it exists."""
    if not state.namespace_exists(namespace) or not is_exposed_namespace(namespace, state, options):
        return {}

    nodes: dict[bytes, AnyNode] = {names.from_text_labels((namespace, "svc"), zone): Node(zone_number, {})}
    if options.pods != "disabled":
        nodes[names.from_text_labels((namespace, "pod"), zone)] = Node(zone_number, {})
    return nodes


def _pod_nodes(
    zone_number: int, zone: bytes, namespace: str, address: bytes, state: Store, options: ClusterOptions
) -> dict[bytes, AnyNode]:
    """The name of a Pod's address, where names of Pods are looked up and not computed."""
    if options.pods != "verified" or not is_exposed_namespace(namespace, state, options):
        return {}

    if not state.pods_by_address.find_owners((namespace, address)):
        return {}

    name = names.from_text_labels((addresses.to_label(address).decode(), namespace, "pod"), zone)
    return {name: Node(zone_number, rrsets.address_rrsets({address}, options.ttl))}
