"""Brings the certificate and the trust in it up to date in the API server.

What is trusted is changed first, and what is served after it. So no certificate is ever served that the API
server does not trust yet.
"""

import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from svcdns.errors import SourceError
from svcdns.kube.injection import json_patch
from svcdns.kube.injection.json_patch import PatchOperation
from svcdns.sources.apiserver.api_errors import RequestRefusedError
from svcdns.web.webhook import certificate_renewal, webhook_manifests
from svcdns.web.webhook.certificate_renewal import CertificatePolicy, RenewalResult
from svcdns.web.webhook.pki import CertificateBundle
from svcdns.web.webhook.webhook_manifests import JsonObject, WebhookObjectNames

# For types alone: `svcdns webhook certs` without --apply needs no client, and starts sooner without it.
if TYPE_CHECKING:
    from svcdns.sources.apiserver.api_server_client import ApiServerClient

_CONFIGURATIONS_PATH = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class AppliedCertificate(Struct, frozen=True):
    """The certificate, and what was written besides a new one."""

    renewal: RenewalResult
    restored: tuple[str, ...] = ()
    """Names of webhooks whose caBundle did not trust the certificate that is still good, and does now."""


async def renew_and_apply(
    client: "ApiServerClient",
    object_names: WebhookObjectNames,
    policy: CertificatePolicy,
    now: datetime.datetime,
) -> AppliedCertificate:
    """Renew the certificate if it is due, and write it into both objects.

    Raises SourceError if the API server refuses, if it has no configuration of this name, or if somebody
    else changed one of the objects meanwhile.
    """
    secret = await _get_object(
        client, f"/api/v1/namespaces/{object_names.namespace}/secrets/{object_names.secret}"
    )
    renewal = certificate_renewal.renew_if_needed(webhook_manifests.bundle_from_secret(secret), policy, now)

    # Also without a renewal: whoever applied the manifest again has taken the CA out.
    changed = await _update_ca_bundles(client, object_names, renewal.bundle)
    if not renewal.reason:
        return AppliedCertificate(renewal, changed)

    try:
        await _store_secret(client, object_names, secret, renewal.bundle)
    except SourceError as error:
        raise SourceError(
            f"{error}; the Secret {object_names.namespace}/{object_names.secret} stays as it was, and "
            f'mutatingwebhookconfigurations "{object_names.configuration}" trusts the new CA already, beside '
            "the last one: try again"
        ) from error
    return AppliedCertificate(renewal)


async def _update_ca_bundles(
    client: "ApiServerClient", object_names: WebhookObjectNames, bundle: CertificateBundle
) -> tuple[str, ...]:
    """Let our webhooks trust the CAs of a bundle; returns the names of those that did not."""
    path = f"{_CONFIGURATIONS_PATH}/{object_names.configuration}"
    configuration = await _get_object(client, path)
    if configuration is None:
        raise SourceError(
            f'mutatingwebhookconfigurations "{object_names.configuration}" not found: apply it first; '
            "`svcdns webhook certs` without --apply prints one"
        )

    ca_bundle = webhook_manifests.encode_base64(bundle.ca)
    has_our_webhook = False
    changes = []
    changed_names = []
    # `or ()` here and below: an absent field may also be null.
    for number, webhook in enumerate(configuration.get("webhooks") or ()):
        client_config = webhook.get("clientConfig") or {}
        service = client_config.get("service") or {}

        # A configuration may hold webhooks of others.
        if (service.get("namespace"), service.get("name")) != (object_names.namespace, object_names.service):
            continue
        has_our_webhook = True
        if client_config.get("caBundle") != ca_bundle:
            place = ("webhooks", number, "clientConfig", "caBundle")
            # "add" replaces what is there (RFC 6902 4.1), so it does for a missing caBundle too.
            changes.append(PatchOperation("add", json_patch.json_pointer(place), ca_bundle))
            changed_names.append(str(webhook.get("name") or f"webhooks[{number}]"))

    if not has_our_webhook:
        raise SourceError(
            f'mutatingwebhookconfigurations "{object_names.configuration}" has no webhook of the Service '
            f"{object_names.namespace}/{object_names.service}"
        )

    if changes:
        # The numbers of the webhooks are right only in this version of the object.
        version = configuration["metadata"]["resourceVersion"]
        # First: a failed "test" makes the whole patch fail (RFC 6902 5).
        unchanged = PatchOperation("test", "/metadata/resourceVersion", version)
        body = msgspec.json.encode([unchanged, *changes])
        await client.send_write("PATCH", path, body, "application/json-patch+json")
    return tuple(changed_names)


async def _store_secret(
    client: "ApiServerClient",
    object_names: WebhookObjectNames,
    current: JsonObject | None,
    bundle: CertificateBundle,
) -> None:
    """Write the Secret; the API server refuses if somebody else wrote one meanwhile."""
    path = f"/api/v1/namespaces/{object_names.namespace}/secrets"
    if current is None:
        manifest = webhook_manifests.secret_manifest(object_names, bundle)
        await client.send_write("POST", path, msgspec.json.encode(manifest))
    else:
        version = {"resourceVersion": current["metadata"]["resourceVersion"]}
        # In a merge patch the version is a condition too: the API server answers 409 to another one.
        body = msgspec.json.encode({"metadata": version, "data": webhook_manifests.secret_data(bundle)})
        await client.send_write(
            "PATCH", f"{path}/{object_names.secret}", body, "application/merge-patch+json"
        )


async def _get_object(client: "ApiServerClient", path: str) -> JsonObject | None:
    """An object; None if it does not exist."""
    try:
        fetched: JsonObject = msgspec.json.decode(await client.fetch_page(path, {}), type=dict[str, Any])
    except RequestRefusedError as error:
        # Any other refusal, as 403, says nothing of whether it exists.
        if error.code == 404:
            return None
        raise
    except msgspec.MsgspecError as error:
        raise SourceError(f"the answer of the API server for {path} is no object: {error}") from error
    return fetched
