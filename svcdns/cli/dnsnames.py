"""The DNS names that a Service owns, by the rules of `svcdns.cluster`."""

import msgspec

from svcdns.cli.inventory import Inventory
from svcdns.cluster import specification as cluster
from svcdns.config.settings import Settings, part
from svcdns.dns import implied, message, names
from svcdns.kube import hosts
from svcdns.kube.objects import Change, Key, Service, key_of
from svcdns.kube.store import Store


def owned(key: Key, found: Inventory, settings: Settings) -> list[tuple[str, str]]:
    """(name, types) of each name of the Service, its own first; empty where it is not served."""
    store = Store()
    store.apply(Change("Service", key, msgspec.convert(found.services[key], Service)))
    for namespace in found.namespaces:
        store.apply(Change("Namespace", key_of(namespace), namespace))
    for piece in found.slices_of(key):
        store.apply(Change("EndpointSlice", key_of(piece), hosts.ready(piece, settings.endpoint_pod_names)))
    options = cluster.options_of(part(settings, cluster.ClusterZone))
    touched = cluster.Touched(services={key}, hosts={key: None})
    made = implied.owners(cluster.names_of(touched, store, options))
    return [
        (names.to_text(name).removesuffix("."), " ".join(map(message.type_text, sorted(node.rrsets))))
        for name, node in made
        if node.rrsets
    ]
