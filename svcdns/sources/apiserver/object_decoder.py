"""The objects of pages and events, from JSON to what is stored. Pure.

Each object is decoded by itself, and one that cannot be read is reported. Whatever the bytes, this module
raises nothing but WatchStreamError.
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
    """What some lines of a watch say; its changes are applied together."""

    changes: list[Change]
    undecodable: list[UndecodableObject]
    resource_version: str
    """Where a watch goes on after these lines; empty where they say nothing of it."""
    error: Status | None
    """The ERROR event that ended the lines."""


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
    """An event that adds or changes an object: nearly every line of a watch."""

    type: Literal["ADDED", "MODIFIED"]
    object: T


class _DecodedLine(NamedTuple):
    """What one line says; `content` is None where it is a resourceVersion alone."""

    resource_version: str | None
    content: Change | UndecodableObject | None


_partial_decoder = msgspec.json.Decoder(_PartialObject)


class ObjectDecoder:
    """Decodes the objects of one kind, reduced to what is stored."""

    def __init__(self, kind: Kind, *, with_pod_names: bool = False) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(OBJECT_TYPES[kind])

        # Only events of a watch have a time that tells anything: a list brings old changes too.
        event_type: type[KubeObject] = TimedEndpointSlice if kind == "EndpointSlice" else OBJECT_TYPES[kind]
        self._upsert_decoder: msgspec.json.Decoder[_UpsertEvent[KubeObject]]
        self._upsert_decoder = msgspec.json.Decoder(_UpsertEvent[event_type])  # type: ignore[valid-type]
        self._strip = ObjectStripper(kind, with_pod_names=with_pod_names)

    def decode_items(self, items: Iterable[Raw]) -> tuple[dict[Key, StoredObject], list[UndecodableObject]]:
        """Decode the items of a page: the objects by key, and those that cannot be read."""
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
        """Decode the events of a watch up to the first ERROR.

        Raises WatchStreamError for a line that is not an event.
        """
        changes: list[Change] = []
        undecodable: list[UndecodableObject] = []
        resource_version = ""

        for line in lines:
            decoded = self._decode_fast(line)
            if decoded is None:
                event = envelope.decode_event(line)
                if event.type == "ERROR":
                    return WatchBatch(
                        changes, undecodable, resource_version, envelope.decode_status(event.object)
                    )
                decoded = self._decode_slow(event)

            resource_version = decoded.resource_version or resource_version
            if isinstance(decoded.content, Change):
                changes.append(decoded.content)
            elif decoded.content is not None:
                undecodable.append(decoded.content)

        return WatchBatch(changes, undecodable, resource_version, None)

    def _decode_fast(self, line: bytes) -> _DecodedLine | None:
        """Decode a line in one step; None where `_decode_slow` has to find out what it says."""
        try:
            obj = self._upsert_decoder.decode(line).object
            self._check_identity(obj)
        except (*envelope.DECODE_ERRORS, errors.ObjectError):
            return None

        # Before the object is stripped, for then the annotation is gone.
        change_time = obj.change_time if isinstance(obj, TimedEndpointSlice) else None
        stored = self._strip(obj)
        change = Change(self._kind, key_of(stored), stored, change_time)
        return _DecodedLine(obj.metadata.resource_version, change)

    def _decode_slow(self, event: envelope.WatchEvent) -> _DecodedLine:
        """Decode an event in parts: an odd annotation, say, must not cost the object."""
        if event.type in ("ADDED", "MODIFIED"):
            obj = self._decode_object(event.object)
            if isinstance(obj, UndecodableObject):
                return _DecodedLine(obj.resource_version, obj)
            return _DecodedLine(obj.metadata.resource_version, Change(self._kind, key_of(obj), obj))

        # Of a deleted object only its name counts, and of a bookmark only its resourceVersion.
        head = _decode_partial(event.object)
        if isinstance(head, UndecodableObject):
            return _DecodedLine("", head)

        removal = Change(self._kind, head.key, None) if event.type == "DELETED" else None
        return _DecodedLine(head.metadata.resource_version, removal)

    def _decode_object(self, raw: Raw) -> StoredObject | UndecodableObject:
        try:
            obj = self._decoder.decode(raw)
            self._check_identity(obj)
            return self._strip(obj)
        except (*envelope.DECODE_ERRORS, errors.ObjectError) as error:
            # Its name is needed all the same: the last good version must not count as gone.
            head = _decode_partial(raw)
            if isinstance(head, UndecodableObject) or not head.metadata.name:
                return UndecodableObject(None, "", str(error))
            return UndecodableObject(head.key, head.metadata.resource_version, str(error))

    def _check_identity(self, obj: KubeObject) -> None:
        """Raise ObjectError for an object that cannot be told from others."""
        if not obj.metadata.name:
            raise errors.ObjectError("metadata.name", "is missing")
        if self._kind not in CLUSTER_SCOPED and not obj.metadata.namespace:
            raise errors.ObjectError("metadata.namespace", "is missing")


def _decode_partial(raw: Raw) -> _PartialObject | UndecodableObject:
    try:
        return _partial_decoder.decode(raw)
    except envelope.DECODE_ERRORS as error:
        return UndecodableObject(None, "", str(error))
