"""What the table is to hold of the cluster: keys and values from the store, and those that a change affects.

The watcher asks for the keys before it applies changes, and for keys and values after: what is only in
the first is removed from the table.

A piece whose names cannot be made, for a bug or a value that nobody foresaw, costs only itself: it is faulty
until `compile_all` makes it again. What the table has of it stays meanwhile.
"""

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from svcdns.cluster import specification as cluster
from svcdns.dns.table import subtree_encoding
from svcdns.dns.table.subtree import Subtree
from svcdns.dns.table.table_meta import FIRST_FAULTY_ZONE, Zone, ZoneKind
from svcdns.dns.wire import names
from svcdns.dns.wire.records import Soa
from svcdns.kube.objects import Change
from svcdns.kube.store import Store

MAX_FAULTY = 1000
"""More faulty pieces than this are no longer single ones: the whole table cannot be made."""

_UNUSED_SOA = Soa(names.ROOT, names.ROOT, 0)
"""A FAULTY name is no zone: the SOA of answers is its zone's."""


class FaultsChangedError(Exception):
    """Other pieces than before are faulty; what was compiled says nothing of them, so compile it again."""


class ClusterAnswers:
    """The answers of a cluster as the store and the options have them now."""

    def __init__(self, store: Store, options: cluster.ClusterOptions) -> None:
        self.options = options
        self.faults: dict[str, str] = {}
        """The faulty pieces by their subjects, with the error of each."""
        self._store = store
        self._faulty_roots: dict[bytes, int] = {}

    def find_affected(self, changes: Iterable[Change]) -> cluster.AffectedParts:
        """The parts of the answers that the changes affect; to be called before the store applies them."""
        affected = cluster.AffectedParts()
        for change in changes:
            cluster.add_affected(affected, change, self._store, self.options)
        return affected

    def leave_faulty(self, affected: cluster.AffectedParts) -> bool:
        """Take the pieces that are faulty out of `affected`; whether there were any."""
        return bool(self.faults) and cluster.remove_subjects(affected, set(self.faults), self.options)

    def collect_keys(self, affected: cluster.AffectedParts) -> set[bytes]:
        """The table's keys of these parts, with the names above them, which `affected` has from now on."""
        part = self._build_part(affected)
        # After the change, `compile_affected` keeps those of them that still have a name below.
        affected.reverse_parents = part.empty_non_terminals
        return set(subtree_encoding.subtree_keys(part))

    def compile_affected(self, affected: cluster.AffectedParts) -> Iterator[tuple[bytes, bytes]]:
        """The table's keys and values of these parts; raises whatever a faulty one raises."""
        return subtree_encoding.encode_subtree(self._build_part(affected))

    def compile_all(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of the cluster but those of faulty pieces, each key once.

        Raises FaultsChangedError at the end if other pieces are faulty than those in `faults` before.
        """
        faults: dict[str, str] = {}
        roots: dict[bytes, int] = {}
        # Many parts share the names above them, so those of earlier parts are left out.
        written_parents: set[bytes] = set()

        for affected in cluster.all_parts(self._store):
            for subtree, entries in self._encode_well(affected, faults, roots):
                yield from entries
                new_parents = subtree.empty_non_terminals - written_parents
                yield from subtree_encoding.encode_subtree(Subtree({}, empty_non_terminals=new_parents))
                written_parents |= new_parents

        if faults.keys() != self.faults.keys():
            self.faults, self._faulty_roots = faults, roots
            raise FaultsChangedError
        self.faults = faults

    def faulty_zones(self) -> dict[int, Zone]:
        """The faulty names as the table's description has them, by number."""
        return {
            FIRST_FAULTY_ZONE + index: Zone(name, ZoneKind.FAULTY, zone_number, 0, _UNUSED_SOA)
            for index, (name, zone_number) in enumerate(sorted(self._faulty_roots.items()))
        }

    def is_faulty_key(self, key: bytes) -> bool:
        """Whether a key of the table belongs to a faulty piece, so that it has to stay."""
        # Keys of names begin with them; those in tree order are made anew by any address below.
        name = key[: key.index(0) + 1]
        return not self._faulty_roots.keys().isdisjoint(names.suffixes(name))

    def find_changed_zones(self, file_origins: Collection[bytes]) -> cluster.ClusterOptions | None:
        """The options with the reverse zones of the ServiceCIDRs, or None if they have these already.

        `file_origins` are the origins of zone files, which take precedence.
        """
        zones = cluster.range_zones.zones_of_service_cidrs(self._store, self.options, file_origins)
        if zones == self.options.service_cidr_zones:
            return None
        return replace(self.options, service_cidr_zones=zones)

    def _encode_well(
        self, affected: cluster.AffectedParts, faults: dict[str, str], roots: dict[bytes, int]
    ) -> Iterator[tuple[Subtree, list[tuple[bytes, bytes]]]]:
        """The parts that can be made; the others are added to `faults` and `roots`."""
        try:
            yield self._encode_part(affected)
            return
        except Exception:  # noqa: S110 - the piece that raises is found below
            pass

        for piece in cluster.split(affected, self.options):
            try:
                yield self._encode_part(piece.affected)
            except Exception as error:
                _add_fault(piece, error, faults, roots)

    def _encode_part(self, affected: cluster.AffectedParts) -> tuple[Subtree, list[tuple[bytes, bytes]]]:
        """A part, and its entries without those of the names above it."""
        subtree = self._build_part(affected)
        own_names = subtree._replace(empty_non_terminals=frozenset())
        return subtree, list(subtree_encoding.encode_subtree(own_names))

    def _build_part(self, affected: cluster.AffectedParts) -> Subtree:
        return cluster.build_part(affected, self._store, self.options)


def _add_fault(
    piece: cluster.SinglePart, error: Exception, faults: dict[str, str], roots: dict[bytes, int]
) -> None:
    # Without the zones' own names nothing is served; and a thousand are no single ones.
    if piece.affected.has_apex or len(faults) >= MAX_FAULTY:
        raise error

    faults[piece.subject] = f"{type(error).__name__}: {error}"
    roots.update(piece.roots)
