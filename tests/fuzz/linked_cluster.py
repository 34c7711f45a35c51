"""A watcher over any table, fed with the bytes that an API server sends."""

import functools
import itertools
from collections.abc import Iterable
from typing import cast
from unittest import mock

import msgspec
from msgspec import Raw

from svcdns.cluster import specification as cluster
from svcdns.cluster.specification import ClusterOptions
from svcdns.dns.table import node_format
from svcdns.kube.objects import Change, Kind, ReadySlice, Service
from svcdns.serve.watcher import memory, snapshots
from svcdns.serve.watcher.table_state import FilesState, TableState
from svcdns.serve.watcher.watcher import Watcher
from svcdns.sources.apiserver.object_decoder import ObjectDecoder
from svcdns.table.writer import TableWriter
from tests import inprocess
from tests.clusters.events import Event
from tests.fake_apiserver import Object
from tests.fuzz import edge_values
from tests.oracle import Options

KINDS = inprocess.KINDS


@functools.lru_cache(32)
def cluster_options(options: Options) -> ClusterOptions:
    """The settings, with reverse zones of the ServiceCIDRs where no others are set."""
    follows_ranges = options.reverse == Options().reverse
    return cluster.options_of(inprocess.zone_of(options, follows_ranges=follows_ranges))


@functools.cache
def _decoder(kind: Kind, with_pod_names: bool) -> ObjectDecoder:
    return ObjectDecoder(kind, with_pod_names=with_pod_names)


class LinkedCluster:
    """A cluster as the watcher follows it; each step checks that every object is read and answered."""

    def __init__(self, options: Options, writer: TableWriter) -> None:
        wanted = cluster_options(options)
        snapshots.prepare_table(writer, wanted)
        state = TableState(writer.get(node_format.META_KEY), cluster.configured_zones(wanted))
        state.files = FilesState(is_complete=True)
        self.watcher = Watcher(writer, state, wanted, KINDS, lambda: None)
        self._with_pod_names = options.endpoint_pod_names

    def list_all(self, objects: Iterable[Object]) -> None:
        """The first list of every kind."""
        raws_by_kind: dict[Kind, list[Raw]] = {kind: [] for kind in KINDS}
        for obj in objects:
            raws_by_kind[obj["kind"]].append(Raw(msgspec.json.encode(obj)))

        # It would keep all that lives from the garbage collector: right once in a process.
        with mock.patch.object(memory, "release_free_memory", lambda: None):
            for kind, raws in raws_by_kind.items():
                decoded, undecodable = _decoder(kind, self._with_pod_names).decode_items(raws)
                assert not undecodable, undecodable
                self.watcher.push(Change(kind, key, stored) for key, stored in decoded.items())
                self.watcher.mark_synced(kind)
        self._check_publication()

    def push(self, turn: Iterable[Event]) -> None:
        """The lines of watches, taken together; an object that goes is sent as it was."""
        changes: list[Change] = []
        for kind, events in itertools.groupby(turn, lambda event: cast(Kind, event.key[0])):
            lines = [_watch_line(event) for event in events]
            batch = _decoder(kind, self._with_pod_names).decode_events(lines)
            assert not batch.undecodable and batch.error is None, batch
            changes += batch.changes
        self.watcher.push(changes)
        self._check_publication()

    def _check_publication(self) -> None:
        """What an API server stores is never faulty: what DNS cannot have is left out."""
        assert self.watcher.is_live
        assert not self.watcher.faults, self.watcher.faults
        assert not self.watcher.publish_error, self.watcher.publish_error

    def check_warnings(self, objects: Iterable[Object]) -> None:
        """The log names the objects with `edge_values` that DNS cannot have, and no others."""
        for document in objects:
            key = (document["metadata"].get("namespace", ""), document["metadata"]["name"])
            stored = self.watcher.store.objects(document["kind"]).get(key)
            if isinstance(stored, Service):
                warning, odd = cluster.service_warning(stored), edge_values.service_has_odd_values(document)
            elif isinstance(stored, ReadySlice):
                warning, odd = cluster.slice_warning(stored), edge_values.slice_has_odd_values(document)
            else:
                assert stored is not None, f"not stored: {document}"
                continue
            assert bool(warning) == odd, f"{warning}: {document}"

    def check_empty(self) -> None:
        """No object is left, and no index has one."""
        store = self.watcher.store
        assert not store.all_namespaces()
        indexes = (
            *(store.slices_by_service, store.services_by_address),
            *(store.slices_by_address, store.pods_by_address),
        )
        assert not list(itertools.chain.from_iterable(indexes))


def _watch_line(event: Event) -> bytes:
    if event.object is not None:
        return msgspec.json.encode({"type": "MODIFIED", "object": event.object})

    _, namespace, name = event.key
    metadata = {"namespace": namespace, "name": name} if namespace else {"name": name}
    return msgspec.json.encode({"type": "DELETED", "object": {"metadata": metadata}})
