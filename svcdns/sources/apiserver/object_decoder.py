"""The objects of pages and events into what is told of them, purely.

Each is decoded by itself, and what cannot be read is said. Nothing but `StreamError` leaves this module,
whatever the bytes.
"""

from collections.abc import Iterable
from typing import Generic, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct

from svcdns import errors
from svcdns.kube.objects import (
    CLUSTER_SCOPED,
    OBJECT_TYPES,
    Change,
    Key,
    Kind,
    KubeObject,
    StoredObject,
    key_of,
)
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.change_time import TimedEndpointSlice
from svcdns.sources.apiserver.envelope import Status
from svcdns.sources.apiserver.strip_objects import ObjectStripper

T = TypeVar("T")


class UndecodableObject(Struct, frozen=True):
    """An object that could not be read; `key` is None where not even its name could."""

    key: Key | None
    resource_version: str
    reason: str


class WatchBatch(Struct, frozen=True):
    """What some lines of a watch say: to be applied together.

    `resource_version` is where a watch goes on after them (empty: nowhere new), `error` the ERROR
    event that ended them.
    """

    changes: list[Change]
    undecodable: list[UndecodableObject]
    resource_version: str
    error: Status | None


class _PartialMetadata(Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str | None = None
    resource_version: str = ""


class _PartialObject(Struct, frozen=True):
    metadata: _PartialMetadata

    @property
    def key(self) -> Key:
        return self.metadata.namespace or "", self.metadata.name


class _UpsertEvent(Struct, Generic[T], frozen=True):
    """Nearly every line of a watch."""

    type: Literal["ADDED", "MODIFIED"]
    object: T


class _DecodedLine(NamedTuple):
    """By one line; `found` is None where that is a resourceVersion alone."""

    resource_version: str | None
    content: Change | UndecodableObject | None


_partial_decoder = msgspec.json.Decoder(_PartialObject)


class ObjectDecoder:
    """Reads the objects of one kind, made slim."""

    def __init__(self, kind: Kind, *, with_pod_names: bool = False) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(OBJECT_TYPES[kind])
        event_type: type[KubeObject] = TimedEndpointSlice if kind == "EndpointSlice" else OBJECT_TYPES[kind]
        self._upsert_decoder: msgspec.json.Decoder[_UpsertEvent[KubeObject]]
        self._upsert_decoder = msgspec.json.Decoder(_UpsertEvent[event_type])  # type: ignore[valid-type]
        self._strip = ObjectStripper(kind, with_pod_names=with_pod_names)

    def decode_items(self, items: Iterable[Raw]) -> tuple[dict[Key, StoredObject], list[UndecodableObject]]:
        """Read the items of a page."""
        objects: dict[Key, StoredObject] = {}
        undecodable: list[UndecodableObject] = []
        for item in items:
            obj = self._decode_object(item)
            if isinstance(obj, UndecodableObject):
                undecodable.append(obj)
            else:
                objects[key_of(obj)] = obj
        return objects, undecodable

    def decode_events(self, lines: Iterable[bytes]) -> WatchBatch:
        """Read the events of a watch up to the first ERROR; raises StreamError for no event."""
        changes: list[Change] = []
        undecodable: list[UndecodableObject] = []
        resource_version = ""
        for line in lines:
            said = self._decode_fast(line)
            if said is None:
                event = envelope.decode_event(line)
                if event.type == "ERROR":
                    return WatchBatch(
                        changes, undecodable, resource_version, envelope.decode_status(event.object)
                    )
                said = self._decode_slow(event)
            resource_version = said.resource_version or resource_version
            if isinstance(said.content, Change):
                changes.append(said.content)
            elif said.content is not None:
                undecodable.append(said.content)
        return WatchBatch(changes, undecodable, resource_version, None)

    def _decode_fast(self, line: bytes) -> _DecodedLine | None:
        """A line that is as it should be; of others `_in_parts` finds out what they say."""
        try:
            obj = self._upsert_decoder.decode(line).object
            self._check_identity(obj)
        except (*envelope.DECODE_ERRORS, errors.ObjectError):
            return None
        triggered = obj.change_time if isinstance(obj, TimedEndpointSlice) else None
        kept = self._strip(obj)
        return _DecodedLine(obj.metadata.resource_version, Change(self._kind, key_of(kept), kept, triggered))

    def _decode_slow(self, event: envelope.WatchEvent) -> _DecodedLine:
        """An odd annotation, say, must not cost the rest."""
        if event.type in ("ADDED", "MODIFIED"):
            obj = self._decode_object(event.object)
            if isinstance(obj, UndecodableObject):
                return _DecodedLine(obj.resource_version, obj)
            return _DecodedLine(obj.metadata.resource_version, Change(self._kind, key_of(obj), obj))
        head = _decode_partial(event.object)
        if isinstance(head, UndecodableObject):
            return _DecodedLine("", head)
        gone = Change(self._kind, head.key, None) if event.type == "DELETED" else None
        return _DecodedLine(head.metadata.resource_version, gone)

    def _decode_object(self, raw: Raw) -> StoredObject | UndecodableObject:
        try:
            obj = self._decoder.decode(raw)
            self._check_identity(obj)
            return self._strip(obj)
        except (*envelope.DECODE_ERRORS, errors.ObjectError) as error:
            head = _decode_partial(raw)
            if isinstance(head, UndecodableObject) or not head.metadata.name:
                return UndecodableObject(None, "", str(error))
            return UndecodableObject(head.key, head.metadata.resource_version, str(error))

    def _check_identity(self, obj: KubeObject) -> None:
        """Raise ObjectError for one that cannot be told from others."""
        if not obj.metadata.name:
            raise errors.ObjectError("metadata.name", "is missing")
        if self._kind not in CLUSTER_SCOPED and not obj.metadata.namespace:
            raise errors.ObjectError("metadata.namespace", "is missing")


def _decode_partial(raw: Raw) -> _PartialObject | UndecodableObject:
    try:
        return _partial_decoder.decode(raw)
    except envelope.DECODE_ERRORS as error:
        return UndecodableObject(None, "", str(error))
