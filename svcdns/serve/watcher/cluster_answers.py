"""What the table is to hold of the cluster: keys and values from the store, and which ones changes touch."""

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from svcdns import cluster
from svcdns.dns.table import subtree_encoding
from svcdns.dns.table.subtree import Subtree
from svcdns.kube.objects import Change
from svcdns.kube.store import Store


class ClusterAnswers:
    """As the store and the options have them now."""

    def __init__(self, store: Store, options: cluster.ClusterOptions) -> None:
        self.options = options
        self._store = store

    def find_affected(self, changes: Iterable[Change]) -> cluster.AffectedParts:
        """What the changes touch; to be asked for before the store takes them."""
        touched = cluster.AffectedParts()
        for change in changes:
            cluster.add_affected(touched, change, self._store, self.options)
        return touched

    def collect_keys(self, affected: cluster.AffectedParts) -> set[bytes]:
        """Those of the touched parts, which include from now on what stands above them."""
        part = self._build_part(affected)
        affected.reverse_parents = part.empty_non_terminals
        return set(subtree_encoding.subtree_keys(part))

    def compile_affected(self, affected: cluster.AffectedParts) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of the touched parts."""
        return subtree_encoding.encode_subtree(self._build_part(affected))

    def compile_all(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values."""
        above: set[bytes] = set()
        for touched in cluster.all_parts(self._store):
            part = self._build_part(touched)
            yield from subtree_encoding.encode_subtree(
                part._replace(empty_non_terminals=part.empty_non_terminals - above)
            )  # these many share
            above |= part.empty_non_terminals

    def find_changed_zones(self, file_origins: Collection[bytes]) -> cluster.ClusterOptions | None:
        """The options with the reverse zones as they should be, where these are not what they are.

        `files` are the origins of zone files.
        """
        found = cluster.range_zones.zones_of_service_cidrs(self._store, self.options, file_origins)
        return None if found == self.options.service_cidr_zones else replace(self.options, service_cidr_zones=found)

    def _build_part(self, affected: cluster.AffectedParts) -> Subtree:
        return cluster.build_part(affected, self._store, self.options)
