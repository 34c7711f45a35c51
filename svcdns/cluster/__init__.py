"""The Kubernetes DNS specification as code: objects to records. Only this package joins the two.

    change -> `touched`: which parts of the tree it may alter -> `tree`: those parts, made anew

Each part is a pure function of the store, so that an answer can be made twice, before and after a
change, and the difference be written: nothing is counted, nothing can be forgotten.
Specification: kubernetes/dns docs/specification.md 1.1.0. In comments `BASE` is
`<service>.<namespace>.svc.<zone>`, and `HOST.BASE` the name of an endpoint.
"""

from svcdns.cluster import reverse
from svcdns.cluster.capture import is_tld_collision
from svcdns.cluster.options import ClusterOptions, service_cidr_zones, configured_zones
from svcdns.cluster.services import service_warning
from svcdns.cluster.touched import AffectedParts, all_parts, add_affected
from svcdns.cluster.tree import build_part

__all__ = [
    "ClusterOptions",
    "AffectedParts",
    "is_tld_collision",
    "all_parts",
    "build_part",
    "service_cidr_zones",
    "reverse",
    "add_affected",
    "service_warning",
    "configured_zones",
]
