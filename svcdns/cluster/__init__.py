"""The Kubernetes DNS specification as code: objects to records. Only this package joins the two.

    change -> `touched`: which parts of the tree it may alter -> `tree`: those parts, made anew

Each part is a pure function of the store, so that an answer can be made twice, before and after a
change, and the difference be written: nothing is counted, nothing can be forgotten.
Specification: kubernetes/dns docs/specification.md 1.1.0. In comments `BASE` is
`<service>.<namespace>.svc.<zone>`, and `HOST.BASE` the name of an endpoint.
"""

from svcdns.cluster import range_zones
from svcdns.cluster.affected import AffectedParts, add_affected, all_parts
from svcdns.cluster.name_tree import build_part
from svcdns.cluster.options import ClusterOptions, configured_zones, service_cidr_zones
from svcdns.cluster.service_records import service_warning
from svcdns.cluster.tld_collision import is_tld_collision

__all__ = [
    "AffectedParts",
    "ClusterOptions",
    "add_affected",
    "all_parts",
    "build_part",
    "configured_zones",
    "is_tld_collision",
    "range_zones",
    "service_cidr_zones",
    "service_warning",
]
