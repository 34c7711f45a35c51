"""DNS cookies of a server (RFC 7873), in the one form that all servers of an address can check (RFC 9018).

    COOKIE option:  10 | length | client's 8 | version 1 | reserved 3 | seconds 4 | SipHash-2-4 8
                                '------ hashed, then the client's address ------'

A cookie that comes back proves that the client gets what is sent to its address. So it is no forged one,
and is not limited (`rate_limiter`). A cookie is asked for by sending 8 bytes, with any query.
"""

from collections.abc import Callable

from siphashc import siphash

from svcdns.dns.wire.messages import COOKIE_OPTION, OPTION_FIELDS

CLIENT_SIZE = 8
"""Bytes of the client's part, which comes first."""
COOKIE_SIZE = 24
"""Bytes of a whole cookie of ours, as RFC 9018 4 has it."""
LIFETIME = 3600
"""Seconds for which a cookie is taken (RFC 9018 4.3)."""
RENEWAL_AGE = 1800
"""Seconds from which on a newer one is sent (RFC 9018 4.3)."""
MAX_SKEW = 300
"""Seconds by which the clock of another server may be ahead (RFC 9018 4.3)."""

_OPTION_HEAD = OPTION_FIELDS.pack(COOKIE_OPTION, COOKIE_SIZE)
_VERSION_AND_RESERVED = b"\1\0\0\0"
_HASHED_SIZE = 16
"""Bytes of a cookie that are hashed: all but the hash."""
OPTION_SIZE = len(_OPTION_HEAD) + COOKIE_SIZE
"""Bytes of the option that `reply_option` makes."""


class ServerCookies:
    """Makes and checks cookies. `client` is always an address as 4 or 16 bytes."""

    __slots__ = ("_clock", "_secrets")

    def __init__(self, secrets: tuple[bytes, ...], clock: Callable[[], float]) -> None:
        """The first of the secrets makes cookies; `clock` returns seconds since 1970."""
        self._secrets = secrets
        self._clock = clock

    def replace_secrets(self, secrets: tuple[bytes, ...]) -> None:
        """Use these secrets from now on."""
        self._secrets = secrets

    def reply_option(self, cookie: bytes, client: bytes) -> bytes:
        """The COOKIE option for the reply, in wire form; `cookie` is the data of the query's.

        It is the same cookie while that is young, so that a client need not learn a new one each time.
        """
        now = int(self._clock())
        secret = self._secrets[0]
        # The secret that makes cookies comes first: those of an earlier one are renewed.
        if (
            len(cookie) == COOKIE_SIZE
            and _age(cookie, now) < RENEWAL_AGE
            and siphash(secret, cookie[:_HASHED_SIZE] + client)
            == int.from_bytes(cookie[_HASHED_SIZE:], "little")
        ):
            return _OPTION_HEAD + cookie

        hashed = cookie[:CLIENT_SIZE] + _VERSION_AND_RESERVED + (now & 0xFFFF_FFFF).to_bytes(4, "big")
        return _OPTION_HEAD + hashed + siphash(secret, hashed + client).to_bytes(8, "little")

    def is_valid(self, cookie: bytes, client: bytes) -> bool:
        """Whether a server with one of our secrets made the cookie for this client in the last hour."""
        if len(cookie) != COOKIE_SIZE or _age(cookie, int(self._clock())) > LIFETIME:
            return False

        # The reserved bytes are hashed as they came: another implementation may use them (RFC 9018 4.2).
        hashed = cookie[:_HASHED_SIZE] + client
        expected = int.from_bytes(cookie[_HASHED_SIZE:], "little")
        return any(siphash(secret, hashed) == expected for secret in self._secrets)


def _age(cookie: bytes, now: int) -> int:
    """Seconds; more than LIFETIME where the cookie is of another version, or from the future."""
    if cookie[CLIENT_SIZE] != 1:
        return LIFETIME + 1

    # Seconds are compared as serial numbers, which begin anew in 2106 (RFC 1982, RFC 9018 4.3).
    age = (now - int.from_bytes(cookie[12:_HASHED_SIZE], "big") + MAX_SKEW) & 0xFFFF_FFFF
    return age - MAX_SKEW
