"""A certificate whose files are wrong, at the start and later."""

import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

from svcdns import server_certificate
from svcdns.errors import ConfigError
from svcdns.web.webhook import certificate_renewal
from tests.certificates import make_certificate
from tests.web.webhook.handshakes import NOW, WANTED, files, pem


@pytest.mark.parametrize("changed", ["tls.key", "client"])
async def test_one_of_several_files_is_bad(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, changed: str
) -> None:
    bundle = certificate_renewal.renew_if_needed(None, WANTED, NOW).bundle
    certified = files(tmp_path, bundle)
    (tmp_path / "client").write_bytes(bundle.ca)
    certificate = server_certificate.ServerCertificate(
        *certified.certificate, "http/1.1", tmp_path / "client"
    )
    (tmp_path / changed).write_text("nonsense")
    assert not certificate.refresh()
    assert f"{tmp_path / changed}" in caplog.text and "the last certificate stays" in caplog.text
    assert not certificate.refresh()
    with pytest.raises(ConfigError, match=changed):
        server_certificate.ServerCertificate(*certified.certificate, "http/1.1", tmp_path / "client")


def test_an_encrypted_key_asks_nobody(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key").write_bytes(pem(key, BestAvailableEncryption(b"x")))
    (tmp_path / "chain").write_bytes(
        certificate_renewal.renew_if_needed(None, WANTED, NOW).bundle.certificate
    )
    with pytest.raises(ConfigError, match="the key is encrypted: use a key without a pass phrase"):
        server_certificate.ServerCertificate(tmp_path / "chain", tmp_path / "key", "http/1.1")


def shake_hands(server: ssl.SSLContext, ciphers: str) -> str:
    """The cipher of a TLS 1.2 connection whose client offers these alone; ssl.SSLError if there is none."""
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(4):
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()

    name, version, _ = ends[0].cipher() or ("", "", 0)
    assert version == "TLSv1.2"
    return name


@pytest.mark.parametrize("curve", [True, False], ids=["EC", "RSA"])
def test_tls_1_2_has_aead_alone(tmp_path: Path, curve: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65_537, 2048)
    context = server_certificate.ServerCertificate(*make_certificate(tmp_path, key=key), "dot").context
    assert "GCM" in shake_hands(context, "ALL")
    assert "CHACHA20" in shake_hands(context, "ECDHE+CHACHA20")
    for refused in ("ECDHE+AES:!AESGCM:!AESCCM", "kRSA", "DHE", "ECDHE+AESCCM8"):
        with pytest.raises(ssl.SSLError):
            shake_hands(context, refused)
