"""The objects of pages and events into what is told of them, purely.

Each is decoded by itself, and what cannot be read is said. Nothing but `StreamError` leaves this module,
whatever the bytes.
"""

from collections.abc import Iterable
from typing import Generic, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct

from svcdns import errors
from svcdns.kube.objects import CLUSTER_SCOPED, TYPES, Change, Kept, Key, Kind, KubeObject, key_of
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.envelope import Status
from svcdns.sources.apiserver.slim import Slimmer
from svcdns.sources.apiserver.triggered import TriggeredSlice

T = TypeVar("T")


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

    @property
    def key(self) -> Key:
        return self.metadata.namespace or "", self.metadata.name


class _Usual(Struct, Generic[T], frozen=True):
    """Nearly every line of a watch."""

    type: Literal["ADDED", "MODIFIED"]
    object: T


class _Said(NamedTuple):
    """By one line; `found` is None where that is a resourceVersion alone."""

    resource_version: str | None
    found: Change | Undecodable | None


_head = msgspec.json.Decoder(_Head)


class Decoder:
    """Reads the objects of one kind, made slim."""

    def __init__(self, kind: Kind, *, pod_names: bool = False) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(TYPES[kind])
        told: type[KubeObject] = TriggeredSlice if kind == "EndpointSlice" else TYPES[kind]
        self._usual: msgspec.json.Decoder[_Usual[KubeObject]] = msgspec.json.Decoder(_Usual[told])  # type: ignore[valid-type]
        self._slim = Slimmer(kind, pod_names=pod_names)

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
            said = self._at_once(line)
            if said is None:
                event = envelope.event(line)
                if event.type == "ERROR":
                    return Batch(changes, undecodable, resource_version, envelope.status(event.object))
                said = self._in_parts(event)
            resource_version = said.resource_version or resource_version
            if isinstance(said.found, Change):
                changes.append(said.found)
            elif said.found is not None:
                undecodable.append(said.found)
        return Batch(changes, undecodable, resource_version, None)

    def _at_once(self, line: bytes) -> _Said | None:
        """A line that is as it should be; of others `_in_parts` finds out what they say."""
        try:
            obj = self._usual.decode(line).object
            self._check(obj)
        except (*envelope.BROKEN, errors.ObjectError):
            return None
        triggered = obj.triggered if isinstance(obj, TriggeredSlice) else None
        kept = self._slim(obj)
        return _Said(obj.metadata.resource_version, Change(self._kind, key_of(kept), kept, triggered))

    def _in_parts(self, event: envelope.Event) -> _Said:
        """An odd annotation, say, must not cost the rest."""
        if event.type in ("ADDED", "MODIFIED"):
            obj = self._object(event.object)
            if isinstance(obj, Undecodable):
                return _Said(obj.resource_version, obj)
            return _Said(obj.metadata.resource_version, Change(self._kind, key_of(obj), obj))
        head = _head_of(event.object)
        if isinstance(head, Undecodable):
            return _Said("", head)
        gone = Change(self._kind, head.key, None) if event.type == "DELETED" else None
        return _Said(head.metadata.resource_version, gone)

    def _object(self, raw: Raw) -> Kept | Undecodable:
        try:
            obj = self._decoder.decode(raw)
            self._check(obj)
            return self._slim(obj)
        except (*envelope.BROKEN, errors.ObjectError) as error:
            head = _head_of(raw)
            if isinstance(head, Undecodable) or not head.metadata.name:
                return Undecodable(None, "", str(error))
            return Undecodable(head.key, head.metadata.resource_version, str(error))

    def _check(self, obj: KubeObject) -> None:
        """Raise ObjectError for one that cannot be told from others."""
        if not obj.metadata.name:
            raise errors.ObjectError("metadata.name", "is missing")
        if self._kind not in CLUSTER_SCOPED and not obj.metadata.namespace:
            raise errors.ObjectError("metadata.namespace", "is missing")


def _head_of(raw: Raw) -> _Head | Undecodable:
    try:
        return _head.decode(raw)
    except envelope.BROKEN as error:
        return Undecodable(None, "", str(error))
