"""The CA and the serving certificate: by real handshakes, and when they are made anew."""

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from svcdns import tls
from svcdns.errors import ConfigError
from svcdns.web import certificates, pki
from svcdns.web.certificates import Wanted
from svcdns.web.pki import Bundle
from svcdns.web.server import Certified
from tests.web.serving import Told, serving, until

NAME = "svcdns-webhook.svcdns.svc"
WANTED = Wanted((NAME, "svcdns-webhook.svcdns"), 365, 30)
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def files(folder: Path, bundle: Bundle) -> Certified:
    for name, data in (("tls.key", bundle.key), ("tls.crt", bundle.certificate)):
        (folder / name).write_bytes(data)
    return Certified(folder / "tls.crt", folder / "tls.key")


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
async def showing(folder: Path, bundle: Bundle) -> AsyncIterator[int]:
    """A server with this certificate; its port."""
    found = files(folder, bundle)
    context = tls.Certificate(found.chain, found.key, "http/1.1").context
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_a_strict_client_trusts_it(tmp_path: Path) -> None:
    outcome = certificates.renew(None, WANTED, NOW)
    assert (outcome.reason, outcome.ends) == ("there was none", NOW + timedelta(365))
    async with showing(tmp_path, outcome.bundle) as port:
        for name in WANTED.names:
            assert await shake(port, outcome.bundle.ca, name)
        with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname mismatch"):
            await shake(port, outcome.bundle.ca, "other.svcdns.svc")
        with pytest.raises(ssl.SSLCertVerificationError):
            await shake(port, pki.make(WANTED.names, NOW, 1).ca)


async def test_both_are_trusted_while_one_takes_the_others_place(tmp_path: Path) -> None:
    first = certificates.renew(None, WANTED, NOW)
    due = NOW + timedelta(336)
    second = certificates.renew(first.bundle, WANTED, due)
    assert second.reason == f"the last one ends on {NOW + timedelta(365):%Y-%m-%d}"
    (tmp_path / "old").mkdir()
    async with showing(tmp_path / "old", first.bundle) as port:
        assert await shake(port, second.bundle.ca)
    third = certificates.renew(second.bundle, WANTED, due + timedelta(336))
    assert third.bundle.ca.count(b"BEGIN") == 2 and first.bundle.ca not in third.bundle.ca
    late = certificates.renew(first.bundle, WANTED, NOW + timedelta(400))
    assert late.bundle.ca.count(b"BEGIN") == 1


def test_nothing_is_done_while_there_is_time() -> None:
    first = certificates.renew(None, WANTED, NOW)
    for day in (0, 100, 335):
        again = certificates.renew(first.bundle, WANTED, NOW + timedelta(day))
        assert (again.bundle, again.reason, again.ends) == (first.bundle, "", first.ends)
    assert certificates.renew(first.bundle, replace(WANTED, names=WANTED.names[:1]), NOW).reason == ""


def test_what_cannot_be_used_is_made_anew() -> None:
    good, other = pki.make(WANTED.names, NOW, 365), pki.make(WANTED.names, NOW, 365)
    for changes, said in [
        ({"key": other.key}, "its key is another one's"),
        ({"ca": other.ca}, "its CA is another one's"),
        *(({part: data}, "cannot be used") for part in ("ca", "certificate", "key") for data in (b"", b"x")),
    ]:
        outcome = certificates.renew(replace(good, **changes), WANTED, NOW)
        assert said in outcome.reason
        assert pki.read(outcome.bundle).names == WANTED.names
    outcome = certificates.renew(good, replace(WANTED, names=("a.b.svc",)), NOW)
    assert outcome.reason == "the last one is for svcdns-webhook.svcdns.svc, svcdns-webhook.svcdns"


async def test_a_running_webhook_reads_the_new_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tls, "LOOK", 0.02)
    first = certificates.renew(None, WANTED, NOW)
    second = certificates.renew(first.bundle, Wanted((NAME, "more"), 400, 30), NOW)
    (tmp_path / "ca").write_bytes(second.bundle.ca)
    certified = files(tmp_path, first.bundle)
    async with serving(tmp_path, Told(), files=certified, ca=tmp_path / "ca") as webhook:
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


def test_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nonsense")
    for name in ("x", "none"):
        with pytest.raises(ConfigError, match=f"{name} is no certificate"):
            pki.expiry(tmp_path / name)
