"""What follows from the settings of a cluster zone: names and predicates."""

from msgspec import structs

from svcdns.cluster import reverse
from svcdns.cluster.options import ClusterZone, Options
from svcdns.config import selectors
from svcdns.dns import names
from svcdns.kube.objects import Namespace, Service


def options_of(zone: ClusterZone) -> Options:
    """The settings with their names and predicates; raises ValueError where they were not checked before."""
    namespace_labels = selectors.parse(zone.namespace_labels)
    labels = selectors.parse(zone.labels)

    def exposes_namespace(name: str, obj: Namespace | None) -> bool:
        if zone.namespaces and name not in zone.namespaces:
            return False
        return not namespace_labels or (obj is not None and namespace_labels.matches(obj.metadata.labels))

    def exposes_service(service: Service) -> bool:
        return not labels or labels.matches(service.metadata.labels)

    return Options(
        **structs.asdict(zone),
        zones=tuple(map(names.from_text, zone.zone)),
        reverse=reverse.zones_of(zone.reverse_zones),
        exposes_namespace=exposes_namespace,
        exposes_service=exposes_service,
    )
