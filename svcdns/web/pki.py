"""Certificates: a CA for one serving certificate, and what one says. The only import of cryptography.

The key of the CA is forgotten at once: a renewal makes another CA, and nobody can sign with the last.
Source: RFC 5280; Go and Python 3.13 want the key identifiers and usages.
"""

import datetime
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from svcdns.errors import ConfigError

_SKEW = timedelta(hours=1)
"""Clocks may be behind ours by so much."""


class Bundle(Struct, frozen=True):
    """PEM: the CAs to trust, the newest first; the serving certificate; its key."""

    ca: bytes
    certificate: bytes
    key: bytes


class Said(Struct, frozen=True):
    """What a serving certificate says: the DNS names, and when it ends."""

    names: tuple[str, ...]
    ends: datetime.datetime


def make(names: Sequence[str], now: datetime.datetime, days: int) -> Bundle:
    """A new CA and a certificate that it signed for these DNS names: EC P-256, both good for `days`."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    issuer = _name(f"svcdns webhook CA {serial % 16**8:08x}")
    ca = (
        _builder(issuer, issuer, ca_key, ca_key, now, days)
        .serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    certificate = (
        _builder(_name("svcdns webhook"), issuer, key, ca_key, now, days)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Bundle(ca.public_bytes(Encoding.PEM), certificate.public_bytes(Encoding.PEM), secret)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    days: int,
) -> x509.CertificateBuilder:
    public, above = key.public_key(), issuer_key.public_key()
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=public)
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    """RFC 5280 4.2.1.3: a CA signs certificates and revocations, a server its handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def read(bundle: Bundle) -> Said:
    """What the certificate says; raises ValueError where key or CA do not belong to it."""
    certificate = x509.load_pem_x509_certificate(bundle.certificate)
    ca = x509.load_pem_x509_certificates(bundle.ca)[0]
    key = load_pem_private_key(bundle.key, None)
    public = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*public) != certificate.public_key().public_bytes(*public):
        raise ValueError("its key is another one's")
    try:
        certificate.verify_directly_issued_by(ca)
    except (InvalidSignature, TypeError, ValueError) as error:
        raise ValueError("its CA is another one's") from error
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Said(tuple(names.get_values_for_type(x509.DNSName)), certificate.not_valid_after_utc)


def unexpired(ca: bytes, now: datetime.datetime) -> list[bytes]:
    """The certificates of a PEM that have not ended, each as PEM; none where it is no PEM."""
    try:
        found = x509.load_pem_x509_certificates(ca)
    except ValueError:
        return []
    return [one.public_bytes(Encoding.PEM) for one in found if one.not_valid_after_utc > now]


def expiry(chain: Path) -> float:
    """When the first certificate of a file ends, in seconds of `time.time`; raises ConfigError."""
    try:
        return x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc.timestamp()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{chain} is no certificate (PEM): {error}") from error
