"""The objects by which the API server asks the webhook: as manifests, or changed in place.

    Secret                        the certificate, for the webhook's Pods; ca.crt is what to trust
    MutatingWebhookConfiguration  which Pods are asked about, whom, and which CA is trusted

In place, what is trusted is changed first and what is served after it, so that at no time a
certificate is served that is not trusted.
"""

import base64
import binascii
import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Struct

from svcdns.errors import SourceError
from svcdns.kube.injection import json_patch, opt_in
from svcdns.kube.injection.json_patch import PatchOperation
from svcdns.sources.apiserver.api_errors import RequestRefusedError
from svcdns.web.webhook import certificate_renewal
from svcdns.web.webhook.certificate_renewal import CertificatePolicy, RenewalResult
from svcdns.web.webhook.pki import CertificateBundle

if TYPE_CHECKING:
    from svcdns.sources.apiserver.api_server_client import ApiServerClient

JsonObject: TypeAlias = dict[str, Any]

_SECRET_KEYS = ("ca.crt", "tls.crt", "tls.key")
"""The keys of the Secret, in the order of a Bundle's fields."""
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_NO_MIRROR_POD = {
    "name": "no-mirror-pod",
    "expression": "!has(object.metadata.annotations) || "
    f"!('{opt_in.MIRROR_POD_ANNOTATION}' in object.metadata.annotations)",
}
_CONFIGURATIONS_PATH = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class WebhookObjectNames(Struct, frozen=True):
    """The names of the webhook's objects in the cluster."""

    namespace: str
    service: str
    secret: str
    configuration: str

    @property
    def dns_names(self) -> tuple[str, ...]:
        """The DNS names of its Service; the API server uses the first."""
        return (f"{self.service}.{self.namespace}.svc", f"{self.service}.{self.namespace}")


def secret_manifest(object_names: WebhookObjectNames, bundle: CertificateBundle) -> JsonObject:
    """The Secret as a manifest."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": object_names.secret, "namespace": object_names.namespace},
        "type": "kubernetes.io/tls",
        "data": _secret_data(bundle),
    }


def configuration_manifest(object_names: WebhookObjectNames, bundle: CertificateBundle) -> JsonObject:
    """The MutatingWebhookConfiguration as a manifest: opt-in, and no Pod waits long for it.

    Pods that opt in are one webhook, namespaces that do another, since selectors are not joined by "or".
    """
    away = {"key": _NAMESPACE_LABEL, "operator": "NotIn", "values": ["kube-system", object_names.namespace]}
    asks = {"key": opt_in.INJECT_LABEL, "operator": "In", "values": ["true"]}
    decided = {"key": opt_in.INJECT_LABEL, "operator": "NotIn", "values": ["true", "false"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": object_names.configuration},
        "webhooks": [
            _webhook(object_names, bundle, "pods", pod_expressions=[asks], namespace_expressions=[away]),
            _webhook(
                object_names,
                bundle,
                "namespaces",
                pod_expressions=[decided],
                namespace_expressions=[away, asks],
            ),
        ],
    }


def _webhook(
    object_names: WebhookObjectNames,
    bundle: CertificateBundle,
    name: str,
    *,
    pod_expressions: list[JsonObject],
    namespace_expressions: list[JsonObject],
) -> JsonObject:
    service = {
        "name": object_names.service,
        "namespace": object_names.namespace,
        "path": "/mutate",
        "port": 443,
    }
    return {
        "name": f"{name}.inject.svcdns.io",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": service, "caBundle": _base64(bundle.ca)},
        "failurePolicy": "Ignore",
        "timeoutSeconds": 2,
        "sideEffects": "None",
        "reinvocationPolicy": "IfNeeded",
        "matchPolicy": "Equivalent",
        "objectSelector": {"matchExpressions": pod_expressions},
        "namespaceSelector": {"matchExpressions": namespace_expressions},
        "matchConditions": [_NO_MIRROR_POD],
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "resources": ["pods"],
                "operations": ["CREATE"],
                "scope": "Namespaced",
            }
        ],
    }


async def renew_and_apply(
    client: "ApiServerClient",
    object_names: WebhookObjectNames,
    policy: CertificatePolicy,
    now: datetime.datetime,
) -> RenewalResult:
    """Renew the certificate where it is due, and make both objects say so; raises SourceError."""
    found = await _get_object(
        client, f"/api/v1/namespaces/{object_names.namespace}/secrets/{object_names.secret}"
    )
    outcome = certificate_renewal.renew_if_needed(_bundle_from_secret(found), policy, now)
    await _update_ca_bundles(client, object_names, outcome.bundle)
    if outcome.reason:
        await _store_secret(client, object_names, found, outcome.bundle)
    return outcome


async def _update_ca_bundles(
    client: "ApiServerClient", object_names: WebhookObjectNames, bundle: CertificateBundle
) -> None:
    path = f"{_CONFIGURATIONS_PATH}/{object_names.configuration}"
    found = await _get_object(client, path)
    if found is None:
        raise SourceError(
            f'mutatingwebhookconfigurations "{object_names.configuration}" not found: apply it first; '
            "`svcdns webhook certs` without --apply prints one"
        )
    wanted, ours, changes = _base64(bundle.ca), False, []
    for number, webhook in enumerate(found.get("webhooks") or ()):
        client_config = webhook.get("clientConfig") or {}
        service = client_config.get("service") or {}
        if (service.get("namespace"), service.get("name")) == (object_names.namespace, object_names.service):
            ours = True
            if client_config.get("caBundle") != wanted:
                place = ("webhooks", number, "clientConfig", "caBundle")
                changes.append(PatchOperation("add", json_patch.json_pointer(place), wanted))
    if not ours:
        raise SourceError(
            f'mutatingwebhookconfigurations "{object_names.configuration}" has no webhook of the Service '
            f"{object_names.namespace}/{object_names.service}"
        )
    if changes:
        unchanged = PatchOperation("test", "/metadata/resourceVersion", found["metadata"]["resourceVersion"])
        body = msgspec.json.encode([unchanged, *changes])
        await client.send_write("PATCH", path, body, "application/json-patch+json")


async def _store_secret(
    client: "ApiServerClient",
    object_names: WebhookObjectNames,
    current: JsonObject | None,
    bundle: CertificateBundle,
) -> None:
    """Refused by the API server where somebody else stored one meanwhile."""
    path = f"/api/v1/namespaces/{object_names.namespace}/secrets"
    if current is None:
        await client.send_write("POST", path, msgspec.json.encode(secret_manifest(object_names, bundle)))
    else:
        version = {"resourceVersion": current["metadata"]["resourceVersion"]}
        body = msgspec.json.encode({"metadata": version, "data": _secret_data(bundle)})
        await client.send_write(
            "PATCH", f"{path}/{object_names.secret}", body, "application/merge-patch+json"
        )


async def _get_object(client: "ApiServerClient", path: str) -> JsonObject | None:
    """An object, None where it does not exist."""
    try:
        found: JsonObject = msgspec.json.decode(await client.fetch_page(path, {}), type=dict[str, Any])
    except RequestRefusedError as error:
        if error.code == 404:
            return None
        raise
    except msgspec.MsgspecError as error:
        raise SourceError(f"the answer of the API server for {path} is no object: {error}") from error
    return found


def _bundle_from_secret(secret_object: JsonObject | None) -> CertificateBundle | None:
    """What a Secret holds; empty parts are no certificate, and are replaced."""
    if secret_object is None:
        return None
    data = secret_object.get("data") or {}
    try:
        return CertificateBundle(*(base64.b64decode(data.get(name, "")) for name in _SECRET_KEYS))
    except binascii.Error:
        return CertificateBundle(b"", b"", b"")


def _secret_data(bundle: CertificateBundle) -> dict[str, str]:
    return dict(zip(_SECRET_KEYS, map(_base64, (bundle.ca, bundle.certificate, bundle.key)), strict=True))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
