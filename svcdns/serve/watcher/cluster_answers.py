"""What the table is to hold of the cluster: keys and values from the store, and those that a change affects.

The watcher asks for the keys before it applies changes, and for keys and values after: what is only in
the first is removed from the table.

A piece whose names cannot be made, for a bug or a value that nobody foresaw, costs only itself: it is faulty
until `compile_all` makes it again. What the table has of it stays meanwhile. So it is with an object whose
change cannot be taken (`refused_objects`).
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
from svcdns.kube.objects import Change, Key
from svcdns.kube.store import Store
from svcdns.serve.watcher.refused_objects import RefusedObjects, describe

MAX_FAULTY_ROOTS = 1000
"""Faulty names that the table's description has, and so each worker; of more, it has the names above them."""

_UNUSED_SOA = Soa(names.ROOT, names.ROOT, 0)
"""A FAULTY name is no zone: the SOA of answers is its zone's."""

_Entries = list[tuple[bytes, bytes]]


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
        self._refused = RefusedObjects(store)
        self._piece_faults: dict[str, _PieceFault] = {}
        self._range_fault = ""
        self._faulty_roots: dict[bytes, int] = {}

    @property
    def faults(self) -> dict[str, str]:
        """What is faulty, by its subject, with the error of each."""
        pieces = {subject: fault.error for subject, fault in self._piece_faults.items()}
        ranges = {"the reverse zones of ServiceCIDRs": self._range_fault} if self._range_fault else {}
        return pieces | self._refused.errors | ranges

    def find_affected(self, changes: Iterable[Change]) -> tuple[cluster.AffectedParts, list[Change]]:
        """The parts that the changes affect, and those changes: to be called before `apply` takes them.

        A change whose parts cannot be told is refused.
        """
        affected = cluster.AffectedParts()
        told_changes = []
        for change in changes:
            try:
                cluster.add_affected(affected, change, self._store, self.options)
                told_changes.append(change)
            except Exception as error:  # a bug: it costs this object, not those that come with it
                self._refused.refuse(change, error, self.options)
        return affected, told_changes

    def apply(self, change: Change) -> bool:
        """Let the store take a change; returns whether its object was refused before, and is not any more."""
        return self._refused.take(change, self.options)

    def retry(self) -> bool:
        """Try what is faulty; returns whether any of it is well, so that all is to be compiled."""
        return self._refused.retry(self.options) or any(map(self._is_well, self._piece_faults.values()))

    def leave_faulty(self, affected: cluster.AffectedParts) -> bool:
        """Take the pieces that are faulty out of `affected`; whether there were any."""
        return bool(self._piece_faults) and cluster.remove_subjects(
            affected, self._piece_faults.keys(), self.options
        )

    def collect_keys(self, affected: cluster.AffectedParts) -> set[bytes] | None:
        """The table's keys of these parts, with the names above them, which `affected` has from now on.

        None where a piece of them is faulty: the publication that follows finds out which.
        """
        try:
            part = self._build_part(affected)
            keys = _keys_of(part)
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
        faults: dict[str, _PieceFault] = {}
        untold: dict[Key, Exception] = {}
        # Many parts share the names above them, so those of earlier parts are left out.
        written_parents: set[bytes] = set()

        for affected in cluster.all_parts(self._store, untold):
            self._on_progress()
            for entries in self._encode_well(affected, faults, written_parents):
                yield from entries

        self._add_untold(untold, faults)
        self._piece_faults = faults
        if self._update_faulty_roots():
            raise FaultsChangedError

    def mark_refused(self, affected: cluster.AffectedParts) -> bool:
        """After `apply`, take over whose changes are refused; returns whether other names are faulty then."""
        # A namespace that nothing else has is refused with its objects.
        may_differ = self._refused.has_news or (self._refused.errors and affected.namespaces)
        return bool(may_differ) and self._update_faulty_roots()

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
            self._range_fault = describe(error)
            return None

        if zones == self.options.service_cidr_zones:
            return None
        return replace(self.options, service_cidr_zones=zones)

    def _update_faulty_roots(self) -> bool:
        self._refused.has_news = False
        roots = self._refused.collect_roots(self.options)
        for fault in self._piece_faults.values():
            roots |= fault.roots
        folded_roots = cluster.fold_roots(roots, MAX_FAULTY_ROOTS, self.options)
        roots_before, self._faulty_roots = self._faulty_roots, folded_roots
        return folded_roots != roots_before

    def _encode_well(
        self, affected: cluster.AffectedParts, faults: dict[str, "_PieceFault"], written_parents: set[bytes]
    ) -> Iterator[_Entries]:
        """The entries of the parts that can be made; the others are added to `faults`."""
        try:
            yield self._encode_part(affected, written_parents)
            return
        except Exception:  # noqa: S110 - the piece that raises is found below
            pass

        for piece in cluster.split(affected, self.options):
            try:
                yield self._encode_part(piece.affected, written_parents)
            except Exception as error:
                # Without the zones' own names nothing is served, so this may raise.
                if piece.affected.has_apex:
                    bare_apex = cluster.AffectedParts(has_apex=True, omits_name_server=True)
                    yield self._encode_part(bare_apex, written_parents)
                faults[piece.subject] = _PieceFault(describe(error), piece.affected, piece.roots)

    def _encode_part(self, affected: cluster.AffectedParts, written_parents: set[bytes]) -> _Entries:
        """A part's entries, but for `written_parents`, which has those of it from then on."""
        subtree = self._build_part(affected)
        new_parents = subtree.empty_non_terminals - written_parents
        entries = list(subtree_encoding.encode_subtree(subtree._replace(empty_non_terminals=new_parents)))
        written_parents |= new_parents
        return entries

    def _add_untold(self, untold: dict[Key, Exception], faults: dict[str, "_PieceFault"]) -> None:
        """Add Services that `all_parts` left out: with the reverse names, since nothing else makes those."""
        if not untold:
            return

        addresses = cluster.stored_addresses(untold.keys(), "Service", self._store)
        slice_keys = {key for key, obj in self._store.slices.items() if obj.service_key in untold}
        addresses |= cluster.stored_addresses(slice_keys, "EndpointSlice", self._store)
        for key, error in untold.items():
            own_parts = cluster.AffectedParts(services={key}, endpoint_labels={key: None})
            roots = cluster.service_roots(key, self.options)
            faults[cluster.service_subject(key)] = _PieceFault(describe(error), own_parts, roots)
        faults[next(reversed(faults))].roots.update(cluster.reverse_roots(addresses, self.options))

    def _is_well(self, fault: "_PieceFault") -> bool:
        try:
            for key in fault.affected.services:
                cluster.AffectedParts().add_service(key, self._store)
            self._encode_part(fault.affected, set())
        except Exception:
            return False
        return True

    def _build_part(self, affected: cluster.AffectedParts) -> Subtree:
        return cluster.build_part(affected, self._store, self.options)


def _keys_of(part: Subtree) -> set[bytes]:
    try:
        return set(subtree_encoding.subtree_keys(part))
    except Exception:  # the values' own keys are the same
        return {key for key, _ in subtree_encoding.encode_subtree(part)}


class _PieceFault(NamedTuple):
    """A piece whose names cannot be made."""

    error: str
    affected: cluster.AffectedParts
    roots: dict[bytes, int]
    """The names at and below which it owns any."""
