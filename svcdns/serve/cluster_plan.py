"""What a plan says of the cluster's own names; apart, since the command line only writes plans."""

from svcdns import cluster
from svcdns.config import label_selectors, value_types
from svcdns.dns.wire import names
from svcdns.kube.objects import Namespace, Service
from svcdns.serve.runtime.runtime_config import Answers


def options(wanted: Answers) -> cluster.ClusterOptions:
    """The same as names and predicates."""
    namespace_labels = label_selectors.parse_selector(wanted.namespace_labels)
    labels = label_selectors.parse_selector(wanted.labels)
    dns = value_types.parse_object_name(wanted.dns_service)

    def exposes_namespace(name: str, obj: Namespace | None) -> bool:
        if wanted.namespaces and name not in wanted.namespaces:
            return False
        return not namespace_labels or (obj is not None and namespace_labels.matches(obj.metadata.labels))

    def exposes_service(service: Service) -> bool:
        return not labels or labels.matches(service.metadata.labels)

    return cluster.ClusterOptions(
        zones=tuple(map(names.from_text, wanted.zone)),
        reverse_zones=cluster.range_zones.zones_of_cidrs(wanted.reverse_zones),
        follows_service_cidrs=wanted.follows_ranges,
        ttl=wanted.ttl,
        negative_ttl=wanted.negative_ttl,
        pods=wanted.pods,
        dns_service=(dns.namespace, dns.name),
        endpoint_pod_names=wanted.endpoint_pod_names,
        ignore_empty_service=wanted.ignore_empty_service,
        no_endpoints=wanted.no_endpoints,
        is_namespace_exposed=exposes_namespace,
        is_service_exposed=exposes_service,
    )
