"""A running webhook: it reads new certificates, and answers until its end."""

import os
import signal
import ssl
from pathlib import Path

import pytest

from svcdns import server_certificate
from svcdns.web.webhook import certificate_renewal, webhook_server
from svcdns.web.webhook.certificate_renewal import CertificatePolicy
from tests.web.webhook.handshakes import NAME, NOW, WANTED, files, shake
from tests.web.webhook.serving import FakeSource, serving, until


async def test_a_running_webhook_reads_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_a_bad_file_does_not_end_a_running_webhook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server_certificate, "REFRESH_INTERVAL", 0.02)
    first = certificate_renewal.renew_if_needed(None, WANTED, NOW)
    (tmp_path / "ca").write_bytes(first.bundle.ca)
    certified = files(tmp_path, first.bundle)
    trusted = first.bundle.certificate.replace(b" CERTIFICATE", b" TRUSTED CERTIFICATE")
    async with serving(tmp_path, FakeSource(), files=certified, ca=tmp_path / "ca") as webhook:
        for number, data in enumerate((b"", b"nonsense", trusted, first.bundle.key, None), 1):
            if data is None:
                certified.certificate[0].unlink()
            else:
                certified.certificate[0].write_bytes(data)

            async def is_logged(errors: int = number) -> bool:
                return len([record for record in caplog.records if record.levelname == "ERROR"]) >= errors

            await until(is_logged)
            assert await shake(webhook.port, first.bundle.ca)
            _, text = await webhook.text("/metrics")
            days = next(line for line in text.splitlines() if line.startswith("svcdns_webhook_certificate_d"))
            assert 364 < float(days.split()[1]) < 366


async def test_it_answers_on_while_it_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_server, "DRAIN_SECONDS", 0.5)
    async with serving(tmp_path, FakeSource()) as webhook:
        os.kill(os.getpid(), signal.SIGTERM)

        async def stopping() -> bool:
            return await webhook.text("/readyz") == (503, "stopping\n")

        await until(stopping)
        async with webhook.client.get(f"{webhook.url}/healthz") as response:
            assert (response.status, response.headers["Connection"]) == (200, "close")
