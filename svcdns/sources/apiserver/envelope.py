"""What the API server puts around objects: a page of a list, an event of a watch, a Status. Pure.

The objects stay JSON, since one odd object must not cost the others.
"""

import msgspec
from msgspec import Raw, Struct

from svcdns import errors
from svcdns.sources.apiserver.line_splitter import WatchStreamError

DECODE_ERRORS = (ValueError, RecursionError)
"""What msgspec raises for odd input; MsgspecError and UnicodeDecodeError are ValueErrors."""


class PageError(errors.SourceError):
    """The body of a list is not a Kubernetes list."""


class ListMeta(Struct, frozen=True, rename="camel"):
    """The metadata of a list; `continue_` is the token of the next page, empty on the last page."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class ListPage(Struct, frozen=True):
    """One page of a list, its items still JSON."""

    metadata: ListMeta
    items: list[Raw] | None = None


class StatusDetails(Struct, frozen=True, rename="camel"):
    """The details of a Status."""

    retry_after_seconds: int | None = None


class Status(Struct, frozen=True):
    """A Status (v1): the body of a refusal, and the object of an ERROR event."""

    code: int | None = None
    reason: str | None = None
    message: str | None = None
    details: StatusDetails | None = None


class WatchEvent(Struct, frozen=True):
    """One line of a watch, its object still JSON."""

    type: str
    object: Raw


_page_decoder = msgspec.json.Decoder(ListPage)
_event_decoder = msgspec.json.Decoder(WatchEvent)
_status_decoder = msgspec.json.Decoder(Status)


def decode_page(body: bytes) -> ListPage:
    """Decode the envelope of a list; raises PageError."""
    try:
        return _page_decoder.decode(body)
    except DECODE_ERRORS as error:
        raise PageError(f"the answer is not a Kubernetes list: {error}") from error


def decode_status(body: bytes) -> Status:
    """Decode a Status; an empty one for anything else, such as a proxy's HTML."""
    try:
        return _status_decoder.decode(body)
    except DECODE_ERRORS:
        return Status()


def decode_event(line: bytes) -> WatchEvent:
    """Decode a line of a watch; raises WatchStreamError."""
    try:
        return _event_decoder.decode(line)
    except DECODE_ERRORS as error:
        raise WatchStreamError(f"a line of the watch is not an event: {error}") from error
