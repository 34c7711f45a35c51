"""What can go wrong with a request, as exceptions that say what to do about it.

SourceError
├── Unreachable   no connection, or it broke: try again
├── Silent        connected, but nothing came within the time allowed
├── Refused       the API server said no: `status`, and `retry_after` where it said when
│   └── Expired   410: the resourceVersion or continue token is too old, list again
├── PageError     a list that is none (decode)
└── StreamError   a watch that is none (lines)
"""

from svcdns import errors
from svcdns.sources.apiserver import decode


class Unreachable(errors.SourceError):
    """There is no connection, or it broke."""


class Silent(errors.SourceError):
    """The API server is connected and says nothing."""


class Refused(errors.SourceError):
    """The API server answered with an error; `retry_after` is in seconds."""

    def __init__(self, text: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after = retry_after


class Expired(Refused):
    """410 Gone: what was asked for is older than what the API server remembers."""


def refused(path: str, status: decode.Status, code: int = 0, retry_after: str | None = None) -> Refused:
    """Make the exception for an error response, or for the Status of an ERROR event.

    `code` is the HTTP status where there is one, `retry_after` the header as it stands.
    """
    code = status.code or code
    wait = float(retry_after) if retry_after and retry_after.isdecimal() else None
    if wait is None and status.details and status.details.retry_after_seconds:
        wait = float(status.details.retry_after_seconds)
    text = f"the API server answers {code} {status.reason or ''}".rstrip() + f" to {path}"
    if status.message:
        text += f": {status.message}"
    if code == 401:
        text += "; the token or client certificate is not, or no longer, accepted"
    if code == 403:
        text += f"; svcdns needs {_permission(path)}"
    return (Expired if code == 410 else Refused)(text, code, wait)


def _permission(path: str) -> str:
    _, root, *rest = path.split("/")
    group = rest[0] if root == "apis" else ""
    return (
        f'a ClusterRole bound to its account with apiGroups: ["{group}"], resources: ["{rest[-1]}"], '
        'verbs: ["list", "watch"]'
    )
