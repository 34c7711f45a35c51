"""The Secret and the MutatingWebhookConfiguration as manifests."""

import datetime

import pytest

from svcdns.web.webhook import pki, webhook_manifests
from svcdns.web.webhook.pki import CertificateBundle
from svcdns.web.webhook.webhook_manifests import JsonObject, WebhookObjectNames

SITE = WebhookObjectNames("svcdns", "hook", "hook-tls", "hook")
BUNDLE = pki.create_bundle(SITE.dns_names, datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC), 365)


def test_a_secret_gives_back_its_bundle() -> None:
    secret = webhook_manifests.secret_manifest(SITE, BUNDLE)
    assert secret["type"] == "kubernetes.io/tls"
    assert webhook_manifests.bundle_from_secret(secret) == BUNDLE


@pytest.mark.parametrize("secret", [{}, {"data": None}, {"data": {"tls.crt": "%%%"}}])
def test_a_secret_of_something_else_has_empty_parts(secret: JsonObject) -> None:
    assert webhook_manifests.bundle_from_secret(secret) == CertificateBundle(b"", b"", b"")


def test_without_a_secret_there_is_no_bundle() -> None:
    assert webhook_manifests.bundle_from_secret(None) is None


def test_no_pod_waits_for_the_webhook() -> None:
    manifest = webhook_manifests.configuration_manifest(SITE, BUNDLE)
    for webhook in manifest["webhooks"]:
        assert (webhook["failurePolicy"], webhook["sideEffects"]) == ("Ignore", "None")
        assert webhook["timeoutSeconds"] <= 2
        away = webhook["namespaceSelector"]["matchExpressions"][0]
        assert away["values"] == ["kube-system", "svcdns"]
