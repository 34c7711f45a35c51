"""When the webhook's certificate is made anew, and what is kept of the last one."""

import datetime
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from svcdns.web import pki
from svcdns.web.pki import Bundle

_TRUSTED = 2
"""CAs in a bundle: the new one, and the last one, whose certificate is served until its Secret's change
has reached every replica."""


class Wanted(Struct, frozen=True):
    """The DNS names, days that a new certificate is good for, and days before its end to replace it."""

    names: tuple[str, ...]
    days: int
    renew_before: int


class Outcome(Struct, frozen=True):
    """The bundle to use; `reason` says why it is new, and is empty where it is the last one."""

    bundle: Bundle
    ends: datetime.datetime
    reason: str = ""


def renew(last: Bundle | None, wanted: Wanted, now: datetime.datetime) -> Outcome:
    """The last bundle while it does, else a new one that also trusts the last CA."""
    if last is None:
        return _make((), wanted, now, "there was none")
    kept = pki.unexpired(last.ca, now)
    try:
        said = pki.read(last)
    except ValueError as error:
        return _make(kept, wanted, now, f"the last one cannot be used: {error}")
    if not set(wanted.names) <= set(said.names):
        return _make(kept, wanted, now, f"the last one is for {', '.join(said.names) or 'no DNS name'}")
    if said.ends - now < timedelta(wanted.renew_before):
        return _make(kept, wanted, now, f"the last one ends on {said.ends:%Y-%m-%d}")
    return Outcome(last, said.ends)


def _make(kept: Sequence[bytes], wanted: Wanted, now: datetime.datetime, reason: str) -> Outcome:
    made = pki.make(wanted.names, now, wanted.days)
    ca = b"".join((made.ca, *kept[: _TRUSTED - 1]))
    return Outcome(Bundle(ca, made.certificate, made.key), now + timedelta(wanted.days), reason)
