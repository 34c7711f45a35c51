"""The names of the touched parts of the tree, from the store."""

from contextlib import suppress

from svcdns import addresses
from svcdns.cluster import rrsets, services
from svcdns.cluster.options import Options, exposed, exposed_service, reverse_numbers
from svcdns.cluster.pointers import Pointers
from svcdns.cluster.services import Wanted
from svcdns.cluster.touched import Touched
from svcdns.dns import answers, names, records
from svcdns.dns.records import Glue, Hosts, Node, Owner, Part, RRset
from svcdns.errors import DomainNameError
from svcdns.kube import store
from svcdns.kube.store import Store

DNS_VERSION = b"1.1.0"
DNS_VERSION_TTL = 28800


def names_of(touched: Touched, state: Store, options: Options) -> Part:
    """The names of the touched parts as the store has them now; a name that is absent is gone."""
    made: dict[bytes, Owner] = {}
    glue: dict[bytes, Glue] = {}
    hosts: dict[bytes, Hosts] = {}
    above: set[bytes] = set()
    for number, zone in enumerate(options.zones):
        if touched.apex:
            made.update(_apex_names(number, zone, state, options))
            above.update(reverse_numbers(options))
        for namespace in touched.namespaces:
            made.update(_namespace_names(number, zone, namespace, state, options))
        for key in touched.services | touched.hosts.keys():
            with suppress(DomainNameError):  # longer than 255 bytes: such a name cannot exist
                wanted = Wanted(key in touched.services, touched.hosts.get(key, set()))
                part = services.service_names(number, zone, key, wanted, state, options)
                made.update(part.names)
                glue.update(part.glue)
                hosts.update(part.hosts)
        for namespace, address in touched.pods:
            made.update(_pod_names(number, zone, namespace, address, state, options))
    if touched.addresses:
        pointers = Pointers(state, options).part(touched.addresses, touched.above)
        made.update(pointers.names)
        above.update(pointers.above)
    return Part(made, glue, hosts, above)


def _apex_names(number: int, zone: bytes, state: Store, options: Options) -> dict[bytes, Owner]:
    ttl, ns = options.ttl, names.from_labels((b"ns", b"dns"), zone)
    service = exposed_service(options.dns_service, state, options)
    dns = rrsets.of_addresses(set(store.service_addresses(service)), ttl) if service else {}
    soa = RRset(options.negative_ttl, answers.OWN_SERIAL)
    made: dict[bytes, Owner] = {
        zone: Node(number, {records.SOA: soa, records.NS: RRset(ttl, (ns,))}),
        ns: Node(number, dns),
        names.from_labels((b"dns-version",), zone): Node(
            number, {records.TXT: RRset(DNS_VERSION_TTL, (records.txt(DNS_VERSION),))}
        ),
    }
    for empty in (b"dns", b"svc", b"pod"):
        made[names.from_labels((empty,), zone)] = Node(number, {})
    return made | _reverse_apexes(ns, options) if number == 0 else made


def _reverse_apexes(ns: bytes, options: Options) -> dict[bytes, Owner]:
    soa, authority = RRset(options.negative_ttl, answers.OWN_SERIAL), RRset(options.ttl, (ns,))
    return {
        zone: Node(number, {records.SOA: soa, records.NS: authority})
        for zone, number in reverse_numbers(options).items()
    }


def _namespace_names(
    number: int, zone: bytes, namespace: str, state: Store, options: Options
) -> dict[bytes, Owner]:
    if not state.exists(namespace) or not exposed(namespace, state, options):
        return {}
    made: dict[bytes, Owner] = {names.from_texts((namespace, "svc"), zone): Node(number, {})}
    if options.pods != "disabled":
        made[names.from_texts((namespace, "pod"), zone)] = Node(number, {})
    return made


def _pod_names(
    number: int, zone: bytes, namespace: str, address: bytes, state: Store, options: Options
) -> dict[bytes, Owner]:
    if options.pods != "verified" or not exposed(namespace, state, options):
        return {}
    if not any(True for _ in state.pods_at.get((namespace, address))):
        return {}
    name = names.from_texts((addresses.label(address).decode(), namespace, "pod"), zone)
    return {name: Node(number, rrsets.of_addresses({address}, options.ttl))}
