"""All that other packages call: `from svcdns.cluster import specification as cluster`.

The package itself imports nothing, so that who reads the settings (`options`) needs no objects of Kubernetes.
"""

from svcdns.cluster import range_zones
from svcdns.cluster.affected import AffectedParts, add_affected, all_parts
from svcdns.cluster.derived_options import options_of
from svcdns.cluster.name_tree import build_part
from svcdns.cluster.options import ClusterOptions, ClusterZone, configured_zones, service_cidr_zones
from svcdns.cluster.service_endpoints import slice_warning
from svcdns.cluster.service_records import service_warning
from svcdns.cluster.single_parts import SinglePart, fold_roots, owned_roots, remove_subjects, split
from svcdns.cluster.tld_collision import is_tld_collision

__all__ = [
    "AffectedParts",
    "ClusterOptions",
    "ClusterZone",
    "SinglePart",
    "add_affected",
    "all_parts",
    "build_part",
    "configured_zones",
    "fold_roots",
    "is_tld_collision",
    "options_of",
    "owned_roots",
    "range_zones",
    "remove_subjects",
    "service_cidr_zones",
    "service_warning",
    "slice_warning",
    "split",
]
