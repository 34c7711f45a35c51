"""The headers of every request: who we are, whom we act as, whether to compress the answer. Pure."""

import base64
import string
import urllib.parse
from collections.abc import Iterator
from typing import TypeAlias

from svcdns.sources.apiserver.login import proxy_environment
from svcdns.sources.apiserver.login.kubeconfig_fields import UserEntry

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values; a name may stand there several times."""

UNCOMPRESSED: Headers = (("Accept-Encoding", "identity"),)
"""For `disable-compression`."""

_TOKEN_CHARACTERS = "!#$&'*+-.^_`|~" + string.ascii_lowercase + string.digits
"""What may stand in the name of a header (RFC 9110 5.6.2) in small letters, without % as the escape."""


def bearer(token: str) -> Headers:
    """The header of a token; a token file often ends with a line end, and a header must not."""
    token = token.strip()
    return (("Authorization", f"Bearer {token}"),) if token else ()


def basic(username: str, password: str) -> str:
    """The value of a header with a name and a password (RFC 7617 2)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def impersonation(user: UserEntry) -> Headers:
    """Whom we act as; source: Kubernetes, "Authenticating: User impersonation"."""
    return tuple(_iter_impersonation(user)) if user.impersonated_user else ()


def _iter_impersonation(user: UserEntry) -> Iterator[tuple[str, str]]:
    yield "Impersonate-User", user.impersonated_user or ""
    if user.impersonated_uid:
        yield "Impersonate-Uid", user.impersonated_uid

    for group in user.impersonated_groups or ():
        yield "Impersonate-Group", group
    for key, values in (user.impersonated_extra or {}).items():
        # The API server makes small letters of the key anyway.
        name = f"Impersonate-Extra-{urllib.parse.quote(key.lower(), safe=_TOKEN_CHARACTERS)}"
        for value in values or ():
            yield name, value


def is_confidential(server: str) -> bool:
    """Whether a token may be sent there: over TLS, or without leaving this host."""
    return server.startswith("https://") or proxy_environment.is_loopback(server)
