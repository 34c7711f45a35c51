"""Certificates that are shown in real handshakes, and certificates that somebody else made."""

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from svcdns import server_certificate
from svcdns.web.webhook.certificate_renewal import CertificatePolicy
from svcdns.web.webhook.options import WebhookOptions
from svcdns.web.webhook.pki import CertificateBundle
from tests.web.webhook.serving import certified

NAME = "svcdns-webhook.svcdns.svc"
WANTED = CertificatePolicy((NAME, "svcdns-webhook.svcdns"), 365, 30)
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def files(folder: Path, bundle: CertificateBundle) -> WebhookOptions:
    for name, data in (("tls.key", bundle.key), ("tls.crt", bundle.certificate)):
        (folder / name).write_bytes(data)
    return certified(folder / "tls.crt", folder / "tls.key")


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
    chain, key = files(folder, bundle).certificate
    context = server_certificate.ServerCertificate(chain, key, "http/1.1").context
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def pem(
    key: CertificateIssuerPrivateKeyTypes,
    encryption: KeySerializationEncryption = NoEncryption(),  # noqa: B008
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def signed(key: CertificateIssuerPrivateKeyTypes, *names: x509.GeneralName) -> bytes:
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
