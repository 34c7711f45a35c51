"""Certificates that are made, and what is read of those of others."""

from datetime import timedelta
from pathlib import Path

import pytest

from svcdns.errors import ConfigError
from svcdns.web.webhook import pki
from tests.web.webhook.handshakes import NAME, NOW, files


def test_what_is_made_can_be_read(tmp_path: Path) -> None:
    bundle = pki.create_bundle([NAME], NOW, 30)
    info = pki.inspect_bundle(bundle)
    assert info == pki.CertificateInfo((NAME,), NOW + timedelta(30))
    assert pki.expiry_time(files(tmp_path, bundle).certificate[0]) == info.expires_at.timestamp()


def test_cas_that_have_ended_are_left_out() -> None:
    short, long = pki.create_bundle([NAME], NOW, 1).ca, pki.create_bundle([NAME], NOW, 9).ca
    assert pki.unexpired_cas(short + long, NOW) == [short, long]
    assert pki.unexpired_cas(short + long, NOW + timedelta(2)) == [long]
    assert pki.unexpired_cas(b"nonsense", NOW) == []


def test_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nonsense")
    for name in ("x", "none"):
        with pytest.raises(ConfigError, match=f"{name} is no certificate"):
            pki.expiry_time(tmp_path / name)
