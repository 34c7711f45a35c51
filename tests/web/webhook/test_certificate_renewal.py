"""The CA and the serving certificate: by real handshakes, and when they are made anew."""

import asyncio
import base64
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svcdns import server_certificate
from svcdns.errors import ConfigError
from svcdns.web.webhook import certificate_renewal, pki
from svcdns.web.webhook.certificate_renewal import CertificatePolicy
from svcdns.web.webhook.pki import CertificateBundle
from svcdns.web.webhook.webhook_server import CertificateFiles
from tests.web.webhook.serving import FakeSource, serving, until

NAME = "svcdns-webhook.svcdns.svc"
WANTED = CertificatePolicy((NAME, "svcdns-webhook.svcdns"), 365, 30)
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def files(folder: Path, bundle: CertificateBundle) -> CertificateFiles:
    for name, data in (("tls.key", bundle.key), ("tls.crt", bundle.certificate)):
        (folder / name).write_bytes(data)
    return CertificateFiles(folder / "tls.crt", folder / "tls.key")


def trusting(ca: bytes) -> ssl.SSLContext:
    """As strict as a client can be."""
    context = ssl.create_default_context(cadata=ca.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


async def shake(port: int, ca: bytes, name: str = NAME) -> bytes:
    """The certificate that was shown, once it was verified."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(ca), server_hostname=name)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return shown


@contextlib.asynccontextmanager
async def showing(folder: Path, bundle: CertificateBundle) -> AsyncIterator[int]:
    """A server with this certificate; its port."""
    found = files(folder, bundle)
    context = server_certificate.ServerCertificate(found.chain, found.key, "http/1.1").context
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


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
    good, other = pki.create_bundle(WANTED.dns_names, NOW, 365), pki.create_bundle(WANTED.dns_names, NOW, 365)
    for changes, said in [
        ({"key": other.key}, "its key is another one's"),
        ({"ca": other.ca}, "its CA is another one's"),
        *(({part: data}, "cannot be used") for part in ("ca", "certificate", "key") for data in (b"", b"x")),
    ]:
        outcome = certificate_renewal.renew_if_needed(replace(good, **changes), WANTED, NOW)
        assert said in outcome.reason
        assert pki.inspect_bundle(outcome.bundle).dns_names == WANTED.dns_names
    outcome = certificate_renewal.renew_if_needed(good, replace(WANTED, dns_names=("a.b.svc",)), NOW)
    assert outcome.reason == "the last one is for svcdns-webhook.svcdns.svc, svcdns-webhook.svcdns"


async def test_a_running_webhook_reads_the_new_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(server_certificate, "REFRESH_INTERVAL", 0.02)
    first = certificate_renewal.renew_if_needed(None, WANTED, NOW)
    second = certificate_renewal.renew_if_needed(
        first.bundle, CertificatePolicy((NAME, "more"), 400, 30), NOW
    )
    (tmp_path / "ca").write_bytes(second.bundle.ca)
    certified = files(tmp_path, first.bundle)
    async with serving(tmp_path, FakeSource(), files=certified, ca=tmp_path / "ca") as webhook:
        shown = await shake(webhook.port, first.bundle.ca)
        assert shown == await shake(webhook.port, second.bundle.ca)
        files(tmp_path, second.bundle)

        async def renewed() -> bool:
            return await shake(webhook.port, second.bundle.ca) != shown

        await until(renewed)
        with pytest.raises(ssl.SSLCertVerificationError):
            await shake(webhook.port, first.bundle.ca)
        _, text = await webhook.text("/metrics")
        days = next(line for line in text.splitlines() if line.startswith("svcdns_webhook_certificate_days"))
        assert 399 < float(days.split()[1]) < 400


async def test_a_bad_file_does_not_end_a_running_webhook(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(server_certificate, "REFRESH_INTERVAL", 0.02)
    first = certificate_renewal.renew_if_needed(None, WANTED, NOW)
    (tmp_path / "ca").write_bytes(first.bundle.ca)
    certified = files(tmp_path, first.bundle)
    trusted = first.bundle.certificate.replace(b" CERTIFICATE", b" TRUSTED CERTIFICATE")
    async with serving(tmp_path, FakeSource(), files=certified, ca=tmp_path / "ca") as webhook:
        for number, data in enumerate((b"", b"nonsense", trusted, first.bundle.key, None), 1):
            if data is None:
                certified.chain.unlink()
            else:
                certified.chain.write_bytes(data)

            async def said(wanted: int = number) -> bool:
                return len([one for one in caplog.records if one.levelname == "ERROR"]) >= wanted

            await until(said)
            assert await shake(webhook.port, first.bundle.ca)
            _, text = await webhook.text("/metrics")
            days = next(line for line in text.splitlines() if line.startswith("svcdns_webhook_certificate_d"))
            assert 364 < float(days.split()[1]) < 366


@pytest.mark.parametrize("changed", ["tls.key", "client"])
async def test_one_of_several_files_is_bad(tmp_path: Path, caplog, changed: str) -> None:
    bundle = certificate_renewal.renew_if_needed(None, WANTED, NOW).bundle
    found = files(tmp_path, bundle)
    (tmp_path / "client").write_bytes(bundle.ca)
    certificate = server_certificate.ServerCertificate(
        found.chain, found.key, "http/1.1", tmp_path / "client"
    )
    (tmp_path / changed).write_text("nonsense")
    assert not certificate.refresh()
    assert f"{tmp_path / changed}" in caplog.text and "the last certificate stays" in caplog.text
    assert not certificate.refresh()
    with pytest.raises(ConfigError, match=changed):
        server_certificate.ServerCertificate(found.chain, found.key, "http/1.1", tmp_path / "client")


def test_an_encrypted_key_asks_nobody(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key").write_bytes(pem(key, BestAvailableEncryption(b"x")))
    (tmp_path / "chain").write_bytes(
        certificate_renewal.renew_if_needed(None, WANTED, NOW).bundle.certificate
    )
    with pytest.raises(ConfigError, match="the key is encrypted: use a key without a pass phrase"):
        server_certificate.ServerCertificate(tmp_path / "chain", tmp_path / "key", "http/1.1")


# --- certificates of others


def pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption = NoEncryption()) -> bytes:  # noqa: B008
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def signed(key: PrivateKeyTypes, *names: x509.GeneralName) -> bytes:
    """By itself."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "other")])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(90))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    edwards = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return builder.sign(key, None if edwards else hashes.SHA256()).public_bytes(Encoding.PEM)


P256, ED25519 = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
ED448, BRAINPOOL = ed448.Ed448PrivateKey.generate(), ec.generate_private_key(ec.BrainpoolP256R1())
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


@pytest.mark.parametrize(("key", "names", "said"), OTHERS)
def test_certificates_of_others(key: PrivateKeyTypes, names: tuple[x509.GeneralName, ...], said: str) -> None:
    made = signed(key, *names)
    outcome = certificate_renewal.renew_if_needed(CertificateBundle(made, made, pem(key)), WANTED, NOW)
    assert outcome.reason == said
    assert pki.inspect_bundle(outcome.bundle).dns_names == WANTED.dns_names


def test_an_encrypted_key_is_made_anew() -> None:
    made, key = signed(P256, *OURS), pem(P256, BestAvailableEncryption(b"x"))
    outcome = certificate_renewal.renew_if_needed(CertificateBundle(made, made, key), WANTED, NOW)
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
def test_whatever_was_there_there_is_one_afterwards(ca, certificate, key) -> None:
    last = CertificateBundle(
        spoilt(GOOD.ca, ca), spoilt(GOOD.certificate, certificate), spoilt(GOOD.key, key)
    )
    assert pki.inspect_bundle(certificate_renewal.renew_if_needed(last, WANTED, NOW).bundle).dns_names


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_bytes_were_there(ca: bytes, certificate: bytes, key: bytes) -> None:
    assert certificate_renewal.renew_if_needed(CertificateBundle(ca, certificate, key), WANTED, NOW).reason


def test_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nonsense")
    for name in ("x", "none"):
        with pytest.raises(ConfigError, match=f"{name} is no certificate"):
            pki.expiry_time(tmp_path / name)
