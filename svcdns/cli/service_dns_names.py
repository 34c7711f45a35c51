"""The DNS names that a Service owns, by the rules of `svcdns.cluster`."""

import msgspec

from svcdns.cli.inventory import Inventory
from svcdns.cluster import specification as cluster
from svcdns.config.settings import Settings, part
from svcdns.dns.table import synthesized
from svcdns.dns.wire import mnemonics, names
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, Key, Service, key_of
from svcdns.kube.store import Store


def owned_names(key: Key, inventory: Inventory, settings: Settings) -> list[tuple[str, str]]:
    """Pairs of a name and its types, as `("web.shop.svc.cluster.local", "A SRV")`; empty if it is not served.

    The Service's own name comes first.
    """
    store = Store()
    store.apply(Change("Service", key, msgspec.convert(inventory.services[key], Service)))
    for namespace in inventory.namespaces:
        store.apply(Change("Namespace", key_of(namespace), namespace))
    for endpoint_slice in inventory.slices_of(key):
        ready_slice = ready_endpoints.to_ready_slice(endpoint_slice, settings.endpoint_pod_names)
        store.apply(Change("EndpointSlice", key_of(endpoint_slice), ready_slice))

    # The same functions as the watcher's, so that what is shown is what is served.
    options = cluster.options_of(part(settings, cluster.ClusterZone))
    affected = cluster.AffectedParts(services={key}, endpoint_labels={key: None})
    nodes = synthesized.iter_nodes(cluster.build_part(affected, store, options))

    # Nodes without records are names between others (RFC 8020), which nobody looks up.
    return [
        (names.to_text(name).removesuffix("."), " ".join(map(mnemonics.type_text, sorted(node.rrsets))))
        for name, node in nodes
        if node.rrsets
    ]
