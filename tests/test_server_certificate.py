"""A certificate whose files are wrong, at the start and later."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

from svcdns import server_certificate
from svcdns.errors import ConfigError
from svcdns.web.webhook import certificate_renewal
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
