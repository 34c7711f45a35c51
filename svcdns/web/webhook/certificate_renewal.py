"""When the webhook's certificate is made anew, and what is kept of the last one."""

import datetime
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from svcdns.web.webhook import pki
from svcdns.web.webhook.pki import CertificateBundle

_MAX_TRUSTED_CAS = 2
"""CAs in a bundle: the new one, and the last one. The last one's certificate is still served until the
Secret's change has reached every replica."""


class CertificatePolicy(Struct, frozen=True):
    """What a certificate shall be like."""

    dns_names: tuple[str, ...]
    validity_days: int
    """How long a new certificate is good for."""
    renew_before_days: int
    """How long before its end it is replaced."""


class RenewalResult(Struct, frozen=True):
    """The bundle to use."""

    bundle: CertificateBundle
    expires_at: datetime.datetime
    reason: str = ""
    """Why the bundle is new; empty if it is the last one."""


def renew_if_needed(
    current: CertificateBundle | None, policy: CertificatePolicy, now: datetime.datetime
) -> RenewalResult:
    """The current bundle if it is good for long enough, else a new one that also trusts the current CA."""
    if current is None:
        return _new_bundle((), policy, now, "there was none")

    # Read apart from the certificate: a broken key must not cost the trust in a good CA.
    trusted_cas = pki.unexpired_cas(current.ca, now)
    try:
        info = pki.inspect_bundle(current)
    except ValueError as error:
        return _new_bundle(trusted_cas, policy, now, f"the last one cannot be used: {error}")

    # More names than wanted are fine.
    if not set(policy.dns_names) <= set(info.dns_names):
        names = ", ".join(info.dns_names) or "no DNS name"
        return _new_bundle(trusted_cas, policy, now, f"the last one is for {names}")

    if info.expires_at - now < timedelta(policy.renew_before_days):
        return _new_bundle(trusted_cas, policy, now, f"the last one ends on {info.expires_at:%Y-%m-%d}")
    return RenewalResult(current, info.expires_at)


def _new_bundle(
    trusted_cas: Sequence[bytes], policy: CertificatePolicy, now: datetime.datetime, reason: str
) -> RenewalResult:
    created = pki.create_bundle(policy.dns_names, now, policy.validity_days)

    # `trusted_cas` begins with the newest.
    ca = b"".join((created.ca, *trusted_cas[: _MAX_TRUSTED_CAS - 1]))
    bundle = CertificateBundle(ca, created.certificate, created.key)
    return RenewalResult(bundle, now + timedelta(policy.validity_days), reason)
