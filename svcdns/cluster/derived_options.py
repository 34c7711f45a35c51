"""What follows from the settings of a cluster zone: names and predicates."""

from msgspec import structs

from svcdns.cluster import range_zones
from svcdns.cluster.options import ClusterOptions, ClusterZone
from svcdns.dns.wire import names
from svcdns.kube import label_selectors
from svcdns.kube.objects import Namespace, Service


def options_of(zone: ClusterZone) -> ClusterOptions:
    """The settings with their names and predicates; raises ValueError where they were not checked before."""
    namespace_labels = label_selectors.parse_selector(zone.namespace_labels)
    labels = label_selectors.parse_selector(zone.labels)

    def exposes_namespace(name: str, obj: Namespace | None) -> bool:
        if zone.namespaces and name not in zone.namespaces:
            return False
        return not namespace_labels or (obj is not None and namespace_labels.matches(obj.metadata.labels))

    def exposes_service(service: Service) -> bool:
        return not labels or labels.matches(service.metadata.labels)

    return ClusterOptions(
        **structs.asdict(zone),
        zones=tuple(map(names.from_text, zone.zone)),
        reverse=range_zones.zones_of_cidrs(zone.reverse_zones),
        is_namespace_exposed=exposes_namespace,
        is_service_exposed=exposes_service,
    )
