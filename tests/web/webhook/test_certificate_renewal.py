"""When the CA and the serving certificate are made anew, and that clients trust them: real handshakes."""

import base64
import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svcdns.web.webhook import certificate_renewal, pki
from svcdns.web.webhook.pki import CertificateBundle
from tests.web.webhook.handshakes import NOW, WANTED, pem, shake, showing, signed


async def test_a_strict_client_trusts_it(tmp_path: Path) -> None:
    outcome = certificate_renewal.renew_if_needed(None, WANTED, NOW)
    assert (outcome.reason, outcome.expires_at) == ("there was none", NOW + timedelta(365))
    async with showing(tmp_path, outcome.bundle) as port:
        for name in WANTED.dns_names:
            assert await shake(port, outcome.bundle.ca, name)
        with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname mismatch"):
            await shake(port, outcome.bundle.ca, "other.svcdns.svc")
        with pytest.raises(ssl.SSLCertVerificationError):
            await shake(port, pki.create_bundle(WANTED.dns_names, NOW, 1).ca)


async def test_both_are_trusted_while_one_takes_the_others_place(tmp_path: Path) -> None:
    first = certificate_renewal.renew_if_needed(None, WANTED, NOW)
    due = NOW + timedelta(336)
    second = certificate_renewal.renew_if_needed(first.bundle, WANTED, due)
    assert second.reason == f"the last one ends on {NOW + timedelta(365):%Y-%m-%d}"
    (tmp_path / "old").mkdir()
    async with showing(tmp_path / "old", first.bundle) as port:
        assert await shake(port, second.bundle.ca)
    third = certificate_renewal.renew_if_needed(second.bundle, WANTED, due + timedelta(336))
    assert third.bundle.ca.count(b"BEGIN") == 2 and first.bundle.ca not in third.bundle.ca
    late = certificate_renewal.renew_if_needed(first.bundle, WANTED, NOW + timedelta(400))
    assert late.bundle.ca.count(b"BEGIN") == 1


def test_nothing_is_done_while_there_is_time() -> None:
    first = certificate_renewal.renew_if_needed(None, WANTED, NOW)
    for day in (0, 100, 335):
        again = certificate_renewal.renew_if_needed(first.bundle, WANTED, NOW + timedelta(day))
        assert (again.bundle, again.reason, again.expires_at) == (first.bundle, "", first.expires_at)
    assert (
        certificate_renewal.renew_if_needed(
            first.bundle, replace(WANTED, dns_names=WANTED.dns_names[:1]), NOW
        ).reason
        == ""
    )


def test_what_cannot_be_used_is_made_anew() -> None:
    good = pki.create_bundle(WANTED.dns_names, NOW, 365)
    unrelated = pki.create_bundle(WANTED.dns_names, NOW, 365)
    for changes, reason in [
        ({"key": unrelated.key}, "its key is another one's"),
        ({"ca": unrelated.ca}, "its CA is another one's"),
        *(({part: data}, "cannot be used") for part in ("ca", "certificate", "key") for data in (b"", b"x")),
    ]:
        outcome = certificate_renewal.renew_if_needed(replace(good, **changes), WANTED, NOW)
        assert reason in outcome.reason
        assert pki.inspect_bundle(outcome.bundle).dns_names == WANTED.dns_names
    outcome = certificate_renewal.renew_if_needed(good, replace(WANTED, dns_names=("a.b.svc",)), NOW)
    assert outcome.reason == "the last one is for svcdns-webhook.svcdns.svc, svcdns-webhook.svcdns"


# --- certificates of others


P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
ED448 = ed448.Ed448PrivateKey.generate()
BRAINPOOL = ec.generate_private_key(ec.BrainpoolP256R1())
RSA = rsa.generate_private_key(65537, 2048)
OURS = tuple(map(x509.DNSName, WANTED.dns_names))
UNKNOWN = "the last one cannot be used: API servers do not know its key's algorithm"
OTHERS = [
    (P256, (), "the last one is for no DNS name"),
    (RSA, (x509.DNSName("a.example"),), "the last one is for a.example"),
    (P256, (x509.IPAddress(ipaddress.ip_address("192.0.2.1")),), "the last one is for no DNS name"),
    (RSA, OURS, ""),
    (ED25519, OURS, ""),
    (ED448, OURS, UNKNOWN),
    (BRAINPOOL, OURS, UNKNOWN),
]


@pytest.mark.parametrize(("key", "names", "reason"), OTHERS)
def test_certificates_of_others(
    key: CertificateIssuerPrivateKeyTypes, names: tuple[x509.GeneralName, ...], reason: str
) -> None:
    certificate = signed(key, *names)
    bundle = CertificateBundle(certificate, certificate, pem(key))
    outcome = certificate_renewal.renew_if_needed(bundle, WANTED, NOW)
    assert outcome.reason == reason
    assert pki.inspect_bundle(outcome.bundle).dns_names == WANTED.dns_names


def test_an_encrypted_key_is_made_anew() -> None:
    certificate = signed(P256, *OURS)
    bundle = CertificateBundle(certificate, certificate, pem(P256, BestAvailableEncryption(b"x")))
    outcome = certificate_renewal.renew_if_needed(bundle, WANTED, NOW)
    assert outcome.reason.startswith("the last one cannot be used: its key cannot be read: ")


GOOD = pki.create_bundle(WANTED.dns_names, NOW, 365)
SPOILS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=3)


def spoilt(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    """The PEM with other bytes within."""
    head, *lines, end = data.decode().strip().splitlines()
    der = bytearray(base64.b64decode("".join(lines)))
    for place, value in changes:
        der[place % len(der)] = value
    return f"{head}\n{base64.encodebytes(der).decode()}{end}\n".encode()


@given(SPOILS, SPOILS, SPOILS)
def test_whatever_was_there_there_is_one_afterwards(
    ca: list[tuple[int, int]], certificate: list[tuple[int, int]], key: list[tuple[int, int]]
) -> None:
    last = CertificateBundle(
        spoilt(GOOD.ca, ca), spoilt(GOOD.certificate, certificate), spoilt(GOOD.key, key)
    )
    assert pki.inspect_bundle(certificate_renewal.renew_if_needed(last, WANTED, NOW).bundle).dns_names


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_bytes_were_there(ca: bytes, certificate: bytes, key: bytes) -> None:
    assert certificate_renewal.renew_if_needed(CertificateBundle(ca, certificate, key), WANTED, NOW).reason
