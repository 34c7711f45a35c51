"""All that other packages call: `from svcdns.cluster import specification as cluster`.

The package itself imports nothing, so that who reads the settings (`options`) needs no objects of Kubernetes.
"""

from svcdns.cluster import reverse
from svcdns.cluster.capture import captures
from svcdns.cluster.derived import options_of
from svcdns.cluster.options import ClusterZone, Options, range_zones, zones
from svcdns.cluster.services import warning
from svcdns.cluster.touched import Touched, everything, touch
from svcdns.cluster.tree import names_of

__all__ = [
    "ClusterZone",
    "Options",
    "Touched",
    "captures",
    "everything",
    "names_of",
    "options_of",
    "range_zones",
    "reverse",
    "touch",
    "warning",
    "zones",
]
