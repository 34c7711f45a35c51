"""The objects of pages and events into what is told of them, purely.

Each is decoded by itself, and what cannot be read is said. Nothing but `StreamError` leaves this module,
whatever the bytes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from svcdns import errors
from svcdns.kube.objects import CLUSTER_SCOPED, TYPES, Change, Kept, Key, Kind, key_of
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.envelope import Status
from svcdns.sources.apiserver.slim import Slimmer


class Undecodable(Struct, frozen=True):
    """An object that could not be read; `key` is None where not even its name could."""

    key: Key | None
    resource_version: str
    problem: str


class Batch(Struct, frozen=True):
    """What some lines of a watch say: to be applied together.

    `resource_version` is where a watch goes on after them (empty: nowhere new), `error` the ERROR
    event that ended them.
    """

    changes: list[Change]
    undecodable: list[Undecodable]
    resource_version: str
    error: Status | None


class _Identity(Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str | None = None
    resource_version: str = ""


class _Head(Struct, frozen=True):
    metadata: _Identity


class _Annotations(Struct, frozen=True):
    """What the endpoints' controller notes: when the Pod or Service changed."""

    last_change: Annotated[datetime, Meta(tz=True)] | None = msgspec.field(
        name="endpoints.kubernetes.io/last-change-trigger-time", default=None
    )


class _Annotated(Struct, frozen=True):
    annotations: _Annotations | None = None


class _Triggered(Struct, frozen=True):
    metadata: _Annotated


_head = msgspec.json.Decoder(_Head)
_triggered = msgspec.json.Decoder(_Triggered)


class Decoder:
    """Reads the objects of one kind, made slim."""

    def __init__(self, kind: Kind, *, pod_names: bool = False) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(TYPES[kind])
        self._slim = Slimmer(pod_names=pod_names)

    def objects(self, items: Iterable[Raw]) -> tuple[dict[Key, Kept], list[Undecodable]]:
        """Read the items of a page."""
        objects: dict[Key, Kept] = {}
        undecodable: list[Undecodable] = []
        for item in items:
            obj = self._object(item)
            if isinstance(obj, Undecodable):
                undecodable.append(obj)
            else:
                objects[key_of(obj)] = obj
        return objects, undecodable

    def events(self, lines: Iterable[bytes]) -> Batch:
        """Read the events of a watch up to the first ERROR; raises StreamError for no event."""
        changes: list[Change] = []
        undecodable: list[Undecodable] = []
        resource_version = ""
        for line in lines:
            event = envelope.event(line)
            if event.type == "ERROR":
                return Batch(changes, undecodable, resource_version, envelope.status(event.object))
            obj: Kept | Undecodable | _Head
            if event.type in ("ADDED", "MODIFIED"):
                obj = self._object(event.object)
            else:
                obj = _head_of(event.object)
            if isinstance(obj, Undecodable):
                undecodable.append(obj)
                resource_version = obj.resource_version or resource_version
                continue
            resource_version = obj.metadata.resource_version or resource_version
            if not isinstance(obj, _Head):
                triggered = _trigger_of(event.object) if self._kind == "EndpointSlice" else None
                changes.append(Change(self._kind, key_of(obj), obj, triggered))
            elif event.type == "DELETED":
                changes.append(Change(self._kind, (obj.metadata.namespace or "", obj.metadata.name), None))
        return Batch(changes, undecodable, resource_version, None)

    def _object(self, raw: Raw) -> Kept | Undecodable:
        try:
            obj = self._decoder.decode(raw)
            metadata = obj.metadata
            if not metadata.name:
                raise errors.ObjectError("metadata.name", "is missing")
            if self._kind not in CLUSTER_SCOPED and not metadata.namespace:
                raise errors.ObjectError("metadata.namespace", "is missing")
            return self._slim(obj)
        except (*envelope.BROKEN, errors.ObjectError) as error:
            head = _head_of(raw)
            if isinstance(head, Undecodable) or not head.metadata.name:
                return Undecodable(None, "", str(error))
            metadata_ = head.metadata
            return Undecodable(
                (metadata_.namespace or "", metadata_.name), metadata_.resource_version, str(error)
            )


def _trigger_of(raw: Raw) -> float | None:
    """When the change behind this version of an EndpointSlice happened, if it says so."""
    try:
        annotations = _triggered.decode(raw).metadata.annotations
    except envelope.BROKEN:
        return None
    when = annotations and annotations.last_change
    return when.timestamp() if when else None


def _head_of(raw: Raw) -> _Head | Undecodable:
    try:
        return _head.decode(raw)
    except envelope.BROKEN as error:
        return Undecodable(None, "", str(error))
