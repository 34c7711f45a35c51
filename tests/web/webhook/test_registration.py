"""The Secret and the MutatingWebhookConfiguration: as manifests, and in an API server over HTTP."""

import base64
import contextlib
import datetime
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from svcdns.errors import SourceError
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.login.credentials import Kubeconfig
from svcdns.sources.apiserver.options import ApiServerOptions
from svcdns.web.webhook import pki, registration, webhook_manifests
from svcdns.web.webhook.certificate_renewal import CertificatePolicy
from svcdns.web.webhook.registration import AppliedCertificate
from svcdns.web.webhook.webhook_manifests import WebhookObjectNames
from tests.fake_apiserver import Object
from tests.web.webhook.fake_registry import FakeRegistry

SITE = WebhookObjectNames("svcdns", "hook", "hook-tls", "hook")
WANTED = CertificatePolicy(SITE.dns_names, 365, 30)
NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
SECRET = "/api/v1/namespaces/svcdns/secrets/hook-tls"
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hook"


@contextlib.asynccontextmanager
async def registry(*configured: Object) -> AsyncIterator[FakeRegistry]:
    api = FakeRegistry()
    await api.start()
    for manifest in configured:
        api.keep(CONFIGURATION, manifest)
    try:
        yield api
    finally:
        await api.stop()


def configuration() -> Object:
    """As an operator applies it: without a CA."""
    manifest = webhook_manifests.configuration_manifest(SITE, pki.create_bundle(SITE.dns_names, NOW, 1))
    for webhook in manifest["webhooks"]:
        del webhook["clientConfig"]["caBundle"]
    foreign = {"name": "other", "clientConfig": {"service": {"name": "other", "namespace": "svcdns"}}}
    manifest["webhooks"].insert(1, foreign)
    return manifest


async def apply(api: FakeRegistry, folder: Path, day: int = 0) -> AppliedCertificate:
    settings = ApiServerOptions(connect_timeout=1, page_timeout=5)
    client = ApiServerClient(Kubeconfig(api.kubeconfig(folder), None, 5), settings)
    try:
        return await registration.renew_and_apply(client, SITE, WANTED, NOW + timedelta(day))
    finally:
        await client.close()


def trusted(api: FakeRegistry) -> list[bytes | None]:
    bundles = [webhook["clientConfig"].get("caBundle") for webhook in api.stored[CONFIGURATION]["webhooks"]]
    return [base64.b64decode(bundle) if bundle else None for bundle in bundles]


def served(api: FakeRegistry) -> dict[str, bytes]:
    return {name: base64.b64decode(value) for name, value in api.stored[SECRET]["data"].items()}


async def test_a_certificate_and_its_renewal(tmp_path: Path) -> None:
    async with registry(configuration()) as api:
        first = (await apply(api, tmp_path)).renewal
        assert first.reason == "there was none"
        assert api.log == [f"PATCH {CONFIGURATION}", f"POST {SECRET}"]  # trusted before it is served
        assert trusted(api) == [first.bundle.ca, None, first.bundle.ca]
        bundle = first.bundle
        assert served(api) == {"ca.crt": bundle.ca, "tls.crt": bundle.certificate, "tls.key": bundle.key}
        assert api.stored[SECRET]["type"] == "kubernetes.io/tls"
        again = await apply(api, tmp_path, day=100)
        assert (again.renewal.reason, again.restored, len(api.log)) == ("", (), 2)
        second = (await apply(api, tmp_path, day=340)).renewal
        assert second.reason == "the last one ends on 2027-11-21"
        assert api.log[2:] == [f"PATCH {CONFIGURATION}", f"PATCH {SECRET}"]
        assert trusted(api)[0] == second.bundle.ca and first.bundle.ca in second.bundle.ca
        assert served(api)["tls.key"] == second.bundle.key


async def test_a_lost_ca_is_put_back(tmp_path: Path) -> None:
    async with registry(configuration()) as api:
        first = (await apply(api, tmp_path)).renewal
        api.keep(CONFIGURATION, configuration())
        again = await apply(api, tmp_path)
        names = [webhook["name"] for webhook in api.stored[CONFIGURATION]["webhooks"]]
        assert (again.renewal.reason, again.restored) == ("", (names[0], names[2]))
        assert trusted(api) == [first.bundle.ca, None, first.bundle.ca]

        api.stored[CONFIGURATION]["webhooks"][2]["clientConfig"]["caBundle"] = "AAAA"
        assert (await apply(api, tmp_path)).restored == (names[2],)
        assert (await apply(api, tmp_path)).restored == ()


@pytest.mark.parametrize(
    "data", [None, {}, {"tls.crt": "%%%"}, {"tls.crt": "AAAA", "tls.key": "", "ca.crt": ""}]
)
async def test_a_secret_of_something_else_is_filled(tmp_path: Path, data: Any) -> None:
    async with registry(configuration()) as api:
        api.keep(SECRET, {"metadata": {"name": "hook-tls", "labels": {"a": "b"}}, "data": data})
        outcome = (await apply(api, tmp_path)).renewal
        assert outcome.reason.startswith("the last one cannot be used")
        assert served(api)["tls.crt"] == outcome.bundle.certificate
        assert api.stored[SECRET]["metadata"]["labels"] == {"a": "b"}


async def test_what_is_missing_is_said(tmp_path: Path) -> None:
    async with registry() as api:
        with pytest.raises(
            SourceError, match='mutatingwebhookconfigurations "hook" not found: apply it first'
        ):
            await apply(api, tmp_path)
        assert api.log == []
        api.keep(CONFIGURATION, {"metadata": {"name": "hook"}, "webhooks": [{"name": "x"}]})
        with pytest.raises(SourceError, match="has no webhook of the Service svcdns/hook"):
            await apply(api, tmp_path)


async def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    """The second finds that the first was there before it, and changes nothing."""
    async with registry(configuration()) as api:
        await apply(api, tmp_path)
        api.before_write = lambda: api.keep(CONFIGURATION, api.stored[CONFIGURATION])
        with pytest.raises(SourceError, match="422"):
            await apply(api, tmp_path, day=340)
        stored = dict(api.stored[SECRET])
        api.before_write = lambda: api.keep(SECRET, api.stored[SECRET])
        with pytest.raises(SourceError, match=r"409.*Secret svcdns/hook-tls stays as it was, and mutating"):
            await apply(api, tmp_path, day=340)
        assert api.stored[SECRET]["data"] == stored["data"]
        assert stored["data"]["ca.crt"] and served(api)["ca.crt"] in (trusted(api)[0] or b"")
