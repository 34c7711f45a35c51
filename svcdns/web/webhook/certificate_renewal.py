"""When the webhook's certificate is made anew, and what is kept of the last one."""

import datetime
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from svcdns.web.webhook import pki
from svcdns.web.webhook.pki import CertificateBundle

_MAX_TRUSTED_CAS = 2
"""CAs in a bundle: the new one, and the last one, whose certificate is served until its Secret's change
has reached every replica."""


class CertificatePolicy(Struct, frozen=True):
    """The DNS names, days that a new certificate is good for, and days before its end to replace it."""

    dns_names: tuple[str, ...]
    validity_days: int
    renew_before_days: int


class RenewalResult(Struct, frozen=True):
    """The bundle to use; `reason` says why it is new, and is empty where it is the last one."""

    bundle: CertificateBundle
    expires_at: datetime.datetime
    reason: str = ""


def renew_if_needed(
    current: CertificateBundle | None, policy: CertificatePolicy, now: datetime.datetime
) -> RenewalResult:
    """The last bundle while it does, else a new one that also trusts the last CA."""
    if current is None:
        return _new_bundle((), policy, now, "there was none")
    kept = pki.unexpired_cas(current.ca, now)
    try:
        said = pki.inspect_bundle(current)
    except ValueError as error:
        return _new_bundle(kept, policy, now, f"the last one cannot be used: {error}")
    if not set(policy.dns_names) <= set(said.dns_names):
        return _new_bundle(
            kept, policy, now, f"the last one is for {', '.join(said.dns_names) or 'no DNS name'}"
        )
    if said.expires_at - now < timedelta(policy.renew_before_days):
        return _new_bundle(kept, policy, now, f"the last one ends on {said.expires_at:%Y-%m-%d}")
    return RenewalResult(current, said.expires_at)


def _new_bundle(
    trusted_cas: Sequence[bytes], policy: CertificatePolicy, now: datetime.datetime, reason: str
) -> RenewalResult:
    made = pki.create_bundle(policy.dns_names, now, policy.validity_days)
    ca = b"".join((made.ca, *trusted_cas[: _MAX_TRUSTED_CAS - 1]))
    return RenewalResult(
        CertificateBundle(ca, made.certificate, made.key), now + timedelta(policy.validity_days), reason
    )
