"""The DNS names that a Service owns, by the rules of `svcdns.cluster`."""

import msgspec

from svcdns.cli.dns_client import dnslib_message
from svcdns.cli.inventory import Inventory
from svcdns.cluster import specification as cluster
from svcdns.config.settings import Settings, part
from svcdns.dns.table import synthesized
from svcdns.dns.wire import names
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, Key, Service, key_of
from svcdns.kube.store import Store


def owned_names(key: Key, inventory: Inventory, settings: Settings) -> list[tuple[str, str]]:
    """(name, types) of each name of the Service, its own first; empty where it is not served."""
    store = Store()
    store.apply(Change("Service", key, msgspec.convert(inventory.services[key], Service)))
    for namespace in inventory.namespaces:
        store.apply(Change("Namespace", key_of(namespace), namespace))
    for piece in inventory.slices_of(key):
        store.apply(
            Change(
                "EndpointSlice",
                key_of(piece),
                ready_endpoints.to_ready_slice(piece, settings.endpoint_pod_names),
            )
        )
    options = cluster.options_of(part(settings, cluster.ClusterZone))
    touched = cluster.AffectedParts(services={key}, endpoint_labels={key: None})
    made = synthesized.iter_nodes(cluster.build_part(touched, store, options))
    return [
        (names.to_text(name).removesuffix("."), " ".join(map(dnslib_message.type_text, sorted(node.rrsets))))
        for name, node in made
        if node.rrsets
    ]
