"""What a plan says of the cluster's own names; apart, since the command line only writes plans."""

from svcdns import cluster
from svcdns.config import selectors, values
from svcdns.dns import names
from svcdns.kube.objects import Namespace, Service
from svcdns.serve.plan import Answers


def options(wanted: Answers) -> cluster.Options:
    """The same as names and predicates."""
    namespace_labels = selectors.parse(wanted.namespace_labels)
    labels = selectors.parse(wanted.labels)
    dns = values.object_name(wanted.dns_service)

    def exposes_namespace(name: str, obj: Namespace | None) -> bool:
        if wanted.namespaces and name not in wanted.namespaces:
            return False
        return not namespace_labels or (obj is not None and namespace_labels.matches(obj.metadata.labels))

    def exposes_service(service: Service) -> bool:
        return not labels or labels.matches(service.metadata.labels)

    return cluster.Options(
        zones=tuple(map(names.from_text, wanted.zone)),
        reverse_zones=cluster.reverse.zones_of(wanted.reverse_zones),
        follows_ranges=wanted.follows_ranges,
        ttl=wanted.ttl,
        negative_ttl=wanted.negative_ttl,
        pods=wanted.pods,
        dns_service=(dns.namespace, dns.name),
        endpoint_pod_names=wanted.endpoint_pod_names,
        ignore_empty_service=wanted.ignore_empty_service,
        no_endpoints=wanted.no_endpoints,
        exposes_namespace=exposes_namespace,
        exposes_service=exposes_service,
    )
