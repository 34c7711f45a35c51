"""The Kubernetes DNS specification as code: objects to records. Only this package joins the two.

    change -> `touched`: which parts of the tree it may alter -> `tree`: those parts, made anew

Each part is a pure function of the store, so that an answer can be made twice, before and after a
change, and the difference be written: nothing is counted, nothing can be forgotten.
Specification: kubernetes/dns docs/specification.md 1.1.0. In comments `BASE` is
`<service>.<namespace>.svc.<zone>`, and `HOST.BASE` the name of an endpoint.
"""

from svcdns.cluster import reverse
from svcdns.cluster.capture import captures
from svcdns.cluster.options import Options, range_zones, zones
from svcdns.cluster.services import warning
from svcdns.cluster.touched import Touched, everything, touch
from svcdns.cluster.tree import names_of

__all__ = [
    "Options",
    "Touched",
    "captures",
    "everything",
    "names_of",
    "range_zones",
    "reverse",
    "touch",
    "warning",
    "zones",
]
