"""All that other packages call: `from svcdns.cluster import specification as cluster`.

The package itself imports nothing, so that who reads the settings (`options`) needs no objects of Kubernetes.
"""

from svcdns.cluster import range_zones
from svcdns.cluster.affected import AffectedParts, add_affected, all_parts
from svcdns.cluster.derived_options import options_of
from svcdns.cluster.name_tree import build_part
from svcdns.cluster.options import ClusterOptions, ClusterZone, configured_zones, service_cidr_zones
from svcdns.cluster.owned_roots import (
    change_roots,
    fold_roots,
    namespace_roots,
    reverse_roots,
    service_roots,
    stored_addresses,
)
from svcdns.cluster.service_endpoints import slice_warning
from svcdns.cluster.service_records import service_warning
from svcdns.cluster.single_parts import SinglePart, remove_subjects, service_subject, split
from svcdns.cluster.tld_collision import is_tld_collision

__all__ = [
    "AffectedParts",
    "ClusterOptions",
    "ClusterZone",
    "SinglePart",
    "add_affected",
    "all_parts",
    "build_part",
    "change_roots",
    "configured_zones",
    "fold_roots",
    "is_tld_collision",
    "namespace_roots",
    "options_of",
    "range_zones",
    "remove_subjects",
    "reverse_roots",
    "service_cidr_zones",
    "service_roots",
    "service_subject",
    "service_warning",
    "slice_warning",
    "split",
    "stored_addresses",
]
