"""What can go wrong with an API server, and what to do then.

    SourceError
    ├── Refused       it answered, with an error
    ├── Interrupted   a watch broke off
    ├── Silent        a watch said nothing
    ├── PageError     (`envelope`) an answer is no list
    └── StreamError   (`lines`) a watch's bytes are no events

Pure: `lister` acts.
"""

from msgspec import Struct

from svcdns import errors
from svcdns.kube.objects import Kind
from svcdns.sources.apiserver.line_splitter import WatchStreamError

FORBIDDEN, NOT_FOUND, GONE = 403, 404, 410
STATUS_HINTS = {
    401: "its token or certificate is not accepted",
    403: "a ClusterRole bound to this user or service account must allow the verbs list and watch for it",
}
_VERSION_INDEPENDENT_CODES = frozenset((401, 403, 429))
"""Refusals that say nothing about the resourceVersion."""


class RequestRefusedError(errors.SourceError):
    """The API server answered, but with an error: an HTTP status, or an ERROR event of a watch."""

    def __init__(self, code: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"the API server refused ({code}): {message}")
        self.code = code
        self.retry_after = retry_after


class WatchInterruptedError(errors.SourceError):
    """A watch that was established broke off: a restart or a change of the network, by itself no fault."""


class WatchSilentError(errors.SourceError):
    """A watch said nothing for longer than its bookmarks are apart."""


class Recovery(Struct, frozen=True):
    """What to do about a fault: how to log it, whether to list anew, and how many seconds to wait at least.

    To list where the same watch would fail in the same way, or tells no longer what happens.
    """

    log_text: str
    is_expected: bool = False
    """Part of an API server's life: nobody needs to look."""
    needs_relist: bool = False
    min_wait: float = 0.0


def classify(kind: Kind, error: errors.SourceError, refusal_count: int) -> Recovery:
    """About a fault of a kind's list or watch; `refusals` since the last success, with this one."""
    text = str(error) if type(error) is errors.SourceError else f"{kind}s: {error}"
    if isinstance(error, WatchSilentError):
        return Recovery(f"{text}: listing again", is_expected=True, needs_relist=True)
    if not isinstance(error, RequestRefusedError):
        return Recovery(text, needs_relist=isinstance(error, WatchStreamError))
    if error.code == GONE:
        text = f"{kind}s: the API server's history begins later: listing again"
        return Recovery(text, is_expected=True, needs_relist=True)
    hint = STATUS_HINTS.get(error.code)
    return Recovery(
        f"{text} ({hint})" if hint else text,
        needs_relist=refusal_count > 1 and error.code not in _VERSION_INDEPENDENT_CODES,
        min_wait=error.retry_after or 0.0,
    )
