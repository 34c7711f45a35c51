"""The secrets of DNS cookies, the first of which makes cookies, while all of them check those that come back.

A file has them for several servers behind one address (RFC 9018 5): 32 hexadecimal digits a line, `#` begins
a comment. To change the secret without refusing a cookie, in three steps, each on all servers: the new one
below the old one; the new one above; the old one removed.

Without a file, each day has a secret of its own, made of a seed that all workers of one server share.
"""

import hashlib
import re

SECRET_SIZE = 16
"""Bytes of a secret: SipHash's key (RFC 9018 4.4)."""
MAX_SECRETS = 4
"""Secrets of one file: each of them costs a hash for every cookie that is not ours."""
_SECONDS_A_DAY = 86_400


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """The secrets of a file, in its order; raises ValueError, which names the line but no secret."""
    secrets: list[bytes] = []
    for number, line in enumerate(text.splitlines(), 1):
        digits = line.partition("#")[0].strip()
        if not digits:
            continue

        if not re.fullmatch(r"[0-9a-fA-F]{32}", digits):
            raise ValueError(
                f"line {number}: a secret is 32 hexadecimal digits, as `openssl rand -hex 16` writes"
            )
        secrets.append(bytes.fromhex(digits))

    if not 1 <= len(secrets) <= MAX_SECRETS:
        raise ValueError(
            f"{len(secrets)} secrets: write 1 to {MAX_SECRETS}, the one that makes cookies first"
        )
    return tuple(secrets)


def secrets_of_day(seed: bytes, now: float) -> tuple[bytes, ...]:
    """The secret of the day of `now` (seconds since 1970), and those of the days beside it.

    That of the day before made the cookies that still come; that of the next day makes those of a worker
    which looked a moment later.
    """
    day = int(now) // _SECONDS_A_DAY
    return tuple(
        hashlib.blake2b(number.to_bytes(8, "big"), digest_size=SECRET_SIZE, key=seed).digest()
        for number in (day, day - 1, day + 1)
    )
