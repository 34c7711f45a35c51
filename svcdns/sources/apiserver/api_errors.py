"""What can go wrong with an API server, and what to do then.

    SourceError
    ├── RequestRefusedError     it answered, with an error
    ├── WatchInterruptedError   a watch broke off
    ├── WatchSilentError        a watch said nothing
    ├── UnexpectedError         a fault of ours
    ├── PageError               (`envelope`) an answer is not a list
    └── WatchStreamError        (`line_splitter`) a watch's bytes are not events

Pure: `reflector` acts.
"""

from msgspec import Struct

from svcdns import errors
from svcdns.kube.objects import Kind
from svcdns.sources.apiserver.line_splitter import WatchStreamError

FORBIDDEN = 403
NOT_FOUND = 404
GONE = 410
STATUS_HINTS = {
    401: "its token or certificate is not accepted",
    403: "a ClusterRole bound to this user or service account must allow the verbs list and watch for it",
}
_SHARED_CODES = frozenset((401, 429, 503))
"""Status codes of refusals that concern us or the API server, and no kind of object."""
_VERSION_INDEPENDENT_CODES = frozenset((401, 403, 429))
"""Status codes of refusals that say nothing about the resourceVersion: a new list would not help."""


class RequestRefusedError(errors.SourceError):
    """The API server answered, but with an error: an HTTP status, or an ERROR event of a watch."""

    def __init__(self, code: int, message: str, retry_after: float | None = None) -> None:
        """`retry_after` is in seconds."""
        super().__init__(f"the API server refused ({code}): {message}")
        self.code = code
        self.retry_after = retry_after


class WatchInterruptedError(errors.SourceError):
    """An established watch broke off: a restart or a change of the network, which by itself is no fault."""


class WatchSilentError(errors.SourceError):
    """A watch said nothing for longer than bookmarks are apart."""


class UnexpectedError(errors.SourceError):
    """A fault that nobody thought of; its cause has a traceback."""


class Recovery(Struct, frozen=True):
    """What to do about a fault."""

    log_text: str
    is_shared: bool = False
    """Whether it concerns the API server as a whole, so that every kind meets it."""
    is_expected: bool = False
    """Whether it is part of an API server's life, so that nobody needs to look."""
    needs_relist: bool = False
    """Whether the same watch would fail in the same way, or no longer reports what happens."""
    min_wait: float = 0.0
    """The shortest wait before the next attempt, in seconds."""


def classify(kind: Kind, error: errors.SourceError, refusal_count: int) -> Recovery:
    """Decide what to do about a fault of a kind's list or watch.

    `refusal_count` is the number of refusals since the last success, this one included.
    """
    # A bare SourceError comes from the connection, which all kinds share: its text names none of them.
    is_shared = type(error) is errors.SourceError or (
        isinstance(error, RequestRefusedError) and error.code in _SHARED_CODES
    )
    text = str(error) if is_shared else f"{kind}s: {error}"

    if isinstance(error, WatchSilentError):
        return Recovery(f"{text}: listing again", is_expected=True, needs_relist=True)
    if not isinstance(error, RequestRefusedError):
        return Recovery(text, is_shared, needs_relist=isinstance(error, WatchStreamError | UnexpectedError))

    if error.code == GONE:
        text = f"{kind}s: the API server's history begins later: listing again"
        return Recovery(text, is_expected=True, needs_relist=True)

    # The first refusal may be an accident of the API server. A second one is likely to be about the
    # resourceVersion, which only a new list replaces.
    hint = STATUS_HINTS.get(error.code)
    return Recovery(
        f"{text} ({hint})" if hint else text,
        is_shared,
        needs_relist=refusal_count > 1 and error.code not in _VERSION_INDEPENDENT_CODES,
        min_wait=error.retry_after or 0.0,
    )
