"""Makes a CA with one serving certificate, and reads certificates. The only import of cryptography.

The key of the CA is forgotten at once: a renewal makes another CA, and nobody can sign with the last one.
Source: RFC 5280. Go and Python 3.13 refuse certificates without key identifiers and usages.
"""

import datetime
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
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

Parsed = TypeVar("Parsed")

_CLOCK_SKEW = timedelta(hours=1)
"""Clocks of clients may be behind ours by so much."""


class CertificateBundle(Struct, frozen=True):
    """A serving certificate with its key and with the CAs to trust; all are PEM."""

    ca: bytes
    """One certificate or several, the newest first."""
    certificate: bytes
    key: bytes


class CertificateInfo(Struct, frozen=True):
    """What a serving certificate says: the DNS names, and when it ends (UTC)."""

    dns_names: tuple[str, ...]
    expires_at: datetime.datetime


def create_bundle(dns_names: Sequence[str], now: datetime.datetime, validity_days: int) -> CertificateBundle:
    """A new CA and a certificate that it signed for these DNS names: EC P-256, for `validity_days`."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()

    # Two CAs of one name would be mistaken for each other while both are trusted.
    issuer = _common_name(f"svcdns webhook CA {serial % 16**8:08x}")
    ca = (
        _certificate_builder(issuer, issuer, ca_key, ca_key, now, validity_days)
        .serial_number(serial)
        # 0: it signs servers, and no further CAs (RFC 5280 4.2.1.9).
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_ca=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )

    certificate = (
        _certificate_builder(_common_name("svcdns webhook"), issuer, key, ca_key, now, validity_days)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names]), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )

    return CertificateBundle(
        ca=ca.public_bytes(Encoding.PEM),
        certificate=certificate.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _certificate_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    validity_days: int,
) -> x509.CertificateBuilder:
    public_key = key.public_key()
    issuer_public_key = issuer_key.public_key()
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=public_key)
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(validity_days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public_key), critical=False)
    )


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _key_usage(is_ca: bool) -> x509.KeyUsage:
    """RFC 5280 4.2.1.3: a CA signs certificates and revocations, a server signs its handshakes."""
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def inspect_bundle(bundle: CertificateBundle) -> CertificateInfo:
    """What the certificate of a bundle says; raises ValueError, with the reason, if it cannot be used.

    Somebody else may have made it, so its parts can be anything.
    """
    ca = _parse_or_value_error("its CA cannot be read", lambda: x509.load_pem_x509_certificates(bundle.ca)[0])
    # Only the first of a chain: it is the one that the server shows as its own.
    certificate = _parse_or_value_error(
        "its certificate cannot be read", lambda: x509.load_pem_x509_certificate(bundle.certificate)
    )

    key = _parse_or_value_error("its key cannot be read", lambda: load_pem_private_key(bundle.key, None))
    if not _is_supported_key(key):
        raise ValueError("API servers do not know its key's algorithm")

    # Each part may be fine by itself and belong to another bundle.
    public_key = _parse_or_value_error("its public key cannot be read", lambda: _public_key_der(certificate))
    if _public_key_der(key) != public_key:
        raise ValueError("its key is another one's")
    _parse_or_value_error("its CA is another one's", lambda: certificate.verify_directly_issued_by(ca))

    names = _parse_or_value_error("its names cannot be read", lambda: _dns_names(certificate))
    return CertificateInfo(names, certificate.not_valid_after_utc)


def _is_supported_key(key: PrivateKeyTypes) -> bool:
    """Whether Go, and so the API server, can verify with it (crypto/tls)."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1)
    # Ed448 and DSA are missing: crypto/tls does not know them.
    return isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey)


def _public_key_der(owner: x509.Certificate | PrivateKeyTypes) -> bytes:
    return owner.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def unexpired_cas(ca: bytes, now: datetime.datetime) -> list[bytes]:
    """The certificates of a PEM that have not ended, each as PEM; none if the PEM cannot be read."""
    try:
        # One broken certificate makes all unreadable: a new CA is trusted alone then.
        certificates = _parse_or_value_error("", lambda: x509.load_pem_x509_certificates(ca))
    except ValueError:
        return []

    return [
        certificate.public_bytes(Encoding.PEM)
        for certificate in certificates
        if certificate.not_valid_after_utc > now
    ]


def expiry_time(chain_path: Path) -> float:
    """When the first certificate of a file ends, in seconds of `time.time`; raises ConfigError."""
    try:
        certificate = _parse_or_value_error(
            "", lambda: x509.load_pem_x509_certificate(chain_path.read_bytes())
        )
    except ValueError as error:
        raise ConfigError(f"{chain_path} is no certificate (PEM){error}") from error
    return certificate.not_valid_after_utc.timestamp()


def _parse_or_value_error(problem: str, parse: Callable[[], Parsed]) -> Parsed:
    """What `parse` returns, or a ValueError with the problem for whatever it raises."""
    try:
        return parse()
    except Exception as error:  # cryptography's errors have no base class of their own
        raise ValueError(f"{problem}: {str(error) or type(error).__name__}") from error
