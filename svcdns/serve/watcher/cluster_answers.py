"""What the table is to hold of the cluster: keys and values from the store, and those that a change affects.

The watcher asks for the keys before it applies changes, and for keys and values after: what is only in
the first is removed from the table.
"""

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from svcdns.cluster import specification as cluster
from svcdns.dns.table import subtree_encoding
from svcdns.dns.table.subtree import Subtree
from svcdns.kube.objects import Change
from svcdns.kube.store import Store


class ClusterAnswers:
    """The answers of a cluster as the store and the options have them now."""

    def __init__(self, store: Store, options: cluster.ClusterOptions) -> None:
        self.options = options
        self._store = store

    def find_affected(self, changes: Iterable[Change]) -> cluster.AffectedParts:
        """The parts of the answers that the changes affect; to be called before the store applies them."""
        affected = cluster.AffectedParts()
        for change in changes:
            cluster.add_affected(affected, change, self._store, self.options)
        return affected

    def collect_keys(self, affected: cluster.AffectedParts) -> set[bytes]:
        """The table's keys of these parts, with the names above them, which `affected` has from now on."""
        part = self._build_part(affected)
        # After the change, `compile_affected` keeps those of them that still have a name below.
        affected.reverse_parents = part.empty_non_terminals
        return set(subtree_encoding.subtree_keys(part))

    def compile_affected(self, affected: cluster.AffectedParts) -> Iterator[tuple[bytes, bytes]]:
        """The table's keys and values of these parts."""
        return subtree_encoding.encode_subtree(self._build_part(affected))

    def compile_all(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of the cluster, each key once."""
        # Many parts share the names above them, so those of earlier parts are left out.
        written_parents: set[bytes] = set()
        for affected in cluster.all_parts(self._store):
            part = self._build_part(affected)
            new_parents = part.empty_non_terminals - written_parents
            yield from subtree_encoding.encode_subtree(part._replace(empty_non_terminals=new_parents))
            written_parents |= part.empty_non_terminals

    def find_changed_zones(self, file_origins: Collection[bytes]) -> cluster.ClusterOptions | None:
        """The options with the reverse zones of the ServiceCIDRs, or None if they have these already.

        `file_origins` are the origins of zone files, which take precedence.
        """
        zones = cluster.range_zones.zones_of_service_cidrs(self._store, self.options, file_origins)
        if zones == self.options.service_cidr_zones:
            return None
        return replace(self.options, service_cidr_zones=zones)

    def _build_part(self, affected: cluster.AffectedParts) -> Subtree:
        return cluster.build_part(affected, self._store, self.options)
