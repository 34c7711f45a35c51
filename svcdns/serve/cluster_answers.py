"""What the table is to hold of the cluster: keys and values from the store, and which ones changes touch."""

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from svcdns.cluster import specification as cluster
from svcdns.dns import compiler
from svcdns.dns.records import Part
from svcdns.kube.objects import Change
from svcdns.kube.store import Store


class Answers:
    """As the store and the options have them now."""

    def __init__(self, store: Store, options: cluster.Options) -> None:
        self.options = options
        self._store = store

    def touched(self, changes: Iterable[Change]) -> cluster.Touched:
        """What the changes touch; to be asked for before the store takes them."""
        touched = cluster.Touched()
        for change in changes:
            cluster.touch(touched, change, self._store, self.options)
        return touched

    def keys(self, touched: cluster.Touched) -> set[bytes]:
        """Those of the touched parts, which include from now on what stands above them."""
        part = self._part(touched)
        touched.above = part.above
        return set(compiler.keys(part))

    def entries(self, touched: cluster.Touched) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of the touched parts."""
        return compiler.compile_part(self._part(touched))

    def everything(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values."""
        above: set[bytes] = set()
        for touched in cluster.everything(self._store):
            part = self._part(touched)
            yield from compiler.compile_part(part._replace(above=part.above - above))  # these many share
            above |= part.above

    def other_zones(self, files: Collection[bytes]) -> cluster.Options | None:
        """The options with the reverse zones as they should be, where these are not what they are.

        `files` are the origins of zone files.
        """
        found = cluster.reverse.of_service_cidrs(self._store, self.options, files)
        return None if found == self.options.range_zones else replace(self.options, range_zones=found)

    def _part(self, touched: cluster.Touched) -> Part:
        return cluster.names_of(touched, self._store, self.options)
