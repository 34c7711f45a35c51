"""What the table is to hold of the cluster: keys and values from the store, and those that a change affects.

The watcher asks for the keys before it applies changes, and for keys and values after: what is only in
the first is removed from the table.

A piece whose names cannot be made, for a bug or a value that nobody foresaw, costs only itself: it is faulty
until `compile_all` makes it again. What the table has of it stays meanwhile. So it is with an object that the
store cannot take, until another one of its key comes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from svcdns.cluster import specification as cluster
from svcdns.dns.table import subtree_encoding
from svcdns.dns.table.subtree import Subtree
from svcdns.dns.table.table_meta import FIRST_FAULTY_ZONE, Zone, ZoneKind
from svcdns.dns.wire import names
from svcdns.dns.wire.records import Soa
from svcdns.kube.objects import Change
from svcdns.kube.store import Store

MAX_FAULTY_ROOTS = 1000
"""Faulty names that the table's description has, and so each worker; of more, it has the names above them."""
MAX_ERROR_LENGTH = 300
"""Characters of an error that are kept: each object of a large cluster may have one."""

_UNUSED_SOA = Soa(names.ROOT, names.ROOT, 0)
"""A FAULTY name is no zone: the SOA of answers is its zone's."""


class FaultsChangedError(Exception):
    """Other pieces than before are faulty; what was compiled says nothing of them, so compile it again."""


class ClusterAnswers:
    """The answers of a cluster as the store and the options have them now."""

    def __init__(
        self, store: Store, options: cluster.ClusterOptions, on_progress: Callable[[], None]
    ) -> None:
        """`on_progress` is called again and again while everything is compiled."""
        self.options = options
        self._on_progress = on_progress
        self._store = store
        self._piece_faults: dict[str, str] = {}
        self._refused: dict[str, _RefusedObject] = {}
        self._range_fault = ""
        self._faulty_roots: dict[bytes, int] = {}

    @property
    def faults(self) -> dict[str, str]:
        """What is faulty, by its subject, with the error of each."""
        refused = {subject: obj.error for subject, obj in self._refused.items()}
        ranges = {"the reverse zones of ServiceCIDRs": self._range_fault} if self._range_fault else {}
        return self._piece_faults | refused | ranges

    def apply(self, change: Change) -> bool:
        """Let the store take a change; returns whether another object than before is refused by it."""
        subject = f"{change.kind} {'/'.join(filter(None, change.key))}"
        was_refused = self._refused.pop(subject, None) is not None
        try:
            self._store.apply(change)
        except Exception as error:  # a bug: it costs this object, not those that come with it
            self._refused[subject] = _RefusedObject(
                _describe(error), cluster.owned_roots(change, self.options)
            )
            return True
        return was_refused

    def find_affected(self, changes: Iterable[Change]) -> cluster.AffectedParts | None:
        """The parts of the answers that the changes affect; to be called before the store applies them.

        None where one of them raises: then any part may be affected.
        """
        affected = cluster.AffectedParts()
        try:
            for change in changes:
                cluster.add_affected(affected, change, self._store, self.options)
        except Exception:  # the publication that follows finds out whose names are at fault
            return None
        return affected

    def leave_faulty(self, affected: cluster.AffectedParts) -> bool:
        """Take the pieces that are faulty out of `affected`; whether there were any."""
        return bool(self._piece_faults) and cluster.remove_subjects(
            affected, set(self._piece_faults), self.options
        )

    def collect_keys(self, affected: cluster.AffectedParts) -> set[bytes] | None:
        """The table's keys of these parts, with the names above them, which `affected` has from now on.

        None where a piece of them is faulty: the publication that follows finds out which.
        """
        try:
            part = self._build_part(affected)
            keys = set(subtree_encoding.subtree_keys(part))
        except Exception:
            return None

        # After the change, `compile_affected` keeps those of them that still have a name below.
        affected.reverse_parents = part.empty_non_terminals
        return keys

    def compile_affected(self, affected: cluster.AffectedParts) -> dict[bytes, bytes] | None:
        """The table's keys and values of these parts; None where a piece of them is faulty."""
        try:
            return dict(subtree_encoding.encode_subtree(self._build_part(affected)))
        except Exception:  # as above
            return None

    def compile_all(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of the cluster but those of faulty pieces, each key once.

        Raises FaultsChangedError at the end if other names are faulty than those of the last time.
        """
        faults: dict[str, str] = {}
        roots = {root: number for obj in self._refused.values() for root, number in obj.roots.items()}
        # Many parts share the names above them, so those of earlier parts are left out.
        written_parents: set[bytes] = set()

        for affected in cluster.all_parts(self._store):
            self._on_progress()
            for subtree, entries in self._encode_well(affected, faults, roots):
                yield from entries
                new_parents = subtree.empty_non_terminals - written_parents
                yield from subtree_encoding.encode_subtree(Subtree({}, empty_non_terminals=new_parents))
                written_parents |= new_parents

        self._piece_faults = faults
        folded_roots = cluster.fold_roots(roots, MAX_FAULTY_ROOTS, self.options)
        if folded_roots != self._faulty_roots:
            self._faulty_roots = folded_roots
            raise FaultsChangedError

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
        self._range_fault = ""
        try:
            zones = cluster.range_zones.zones_of_service_cidrs(self._store, self.options, file_origins)
        except Exception as error:  # a bug: the zones stay, and so do all names
            self._range_fault = _describe(error)
            return None

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


class _RefusedObject(NamedTuple):
    """An object that the store cannot take, for this error; the one before stays in its place."""

    error: str
    roots: dict[bytes, int]


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH]


def _add_fault(
    piece: cluster.SinglePart, error: Exception, faults: dict[str, str], roots: dict[bytes, int]
) -> None:
    # Without the zones' own names nothing is served.
    if piece.affected.has_apex:
        raise error

    faults[piece.subject] = _describe(error)
    roots.update(piece.roots)
