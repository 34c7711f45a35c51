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
from svcdns.kube import admission_patch, admission_wish
from svcdns.kube.admission_patch import Operation
from svcdns.sources.apiserver.faults import Refused
from svcdns.web import certificates
from svcdns.web.certificates import Outcome, Wanted
from svcdns.web.pki import Bundle

if TYPE_CHECKING:
    from svcdns.sources.apiserver.client import Client

Document: TypeAlias = dict[str, Any]

_FILES = ("ca.crt", "tls.crt", "tls.key")
"""The keys of the Secret, in the order of a Bundle's fields."""
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_NO_MIRROR_POD = {
    "name": "no-mirror-pod",
    "expression": "!has(object.metadata.annotations) || "
    f"!('{admission_wish.MIRROR}' in object.metadata.annotations)",
}
_CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class Site(Struct, frozen=True):
    """The names of the webhook's objects in the cluster."""

    namespace: str
    service: str
    secret: str
    configuration: str

    @property
    def names(self) -> tuple[str, ...]:
        """The DNS names of its Service; the API server uses the first."""
        return (f"{self.service}.{self.namespace}.svc", f"{self.service}.{self.namespace}")


def secret(site: Site, bundle: Bundle) -> Document:
    """The Secret as a manifest."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": site.secret, "namespace": site.namespace},
        "type": "kubernetes.io/tls",
        "data": _data(bundle),
    }


def configuration(site: Site, bundle: Bundle) -> Document:
    """The MutatingWebhookConfiguration as a manifest: opt-in, and no Pod waits long for it.

    Pods that opt in are one webhook, namespaces that do another, since selectors are not joined by "or".
    """
    away = {"key": _NAMESPACE_LABEL, "operator": "NotIn", "values": ["kube-system", site.namespace]}
    asks = {"key": admission_wish.INJECT, "operator": "In", "values": ["true"]}
    decided = {"key": admission_wish.INJECT, "operator": "NotIn", "values": ["true", "false"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": site.configuration},
        "webhooks": [
            _webhook(site, bundle, "pods", pods=[asks], namespaces=[away]),
            _webhook(site, bundle, "namespaces", pods=[decided], namespaces=[away, asks]),
        ],
    }


def _webhook(
    site: Site, bundle: Bundle, name: str, *, pods: list[Document], namespaces: list[Document]
) -> Document:
    service = {"name": site.service, "namespace": site.namespace, "path": "/mutate", "port": 443}
    return {
        "name": f"{name}.inject.svcdns.io",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": service, "caBundle": _base64(bundle.ca)},
        "failurePolicy": "Ignore",
        "timeoutSeconds": 2,
        "sideEffects": "None",
        "reinvocationPolicy": "IfNeeded",
        "matchPolicy": "Equivalent",
        "objectSelector": {"matchExpressions": pods},
        "namespaceSelector": {"matchExpressions": namespaces},
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


async def apply(client: "Client", site: Site, wanted: Wanted, now: datetime.datetime) -> Outcome:
    """Renew the certificate where it is due, and make both objects say so; raises SourceError."""
    found = await _get(client, f"/api/v1/namespaces/{site.namespace}/secrets/{site.secret}")
    outcome = certificates.renew(_bundle(found), wanted, now)
    await _trust(client, site, outcome.bundle)
    if outcome.reason:
        await _store(client, site, found, outcome.bundle)
    return outcome


async def _trust(client: "Client", site: Site, bundle: Bundle) -> None:
    path = f"{_CONFIGURATIONS}/{site.configuration}"
    found = await _get(client, path)
    if found is None:
        raise SourceError(
            f'mutatingwebhookconfigurations "{site.configuration}" not found: apply it first; '
            "`svcdns webhook certs` without --apply prints one"
        )
    wanted, ours, changes = _base64(bundle.ca), False, []
    for number, webhook in enumerate(found.get("webhooks") or ()):
        client_config = webhook.get("clientConfig") or {}
        service = client_config.get("service") or {}
        if (service.get("namespace"), service.get("name")) == (site.namespace, site.service):
            ours = True
            if client_config.get("caBundle") != wanted:
                place = ("webhooks", number, "clientConfig", "caBundle")
                changes.append(Operation("add", admission_patch.pointer(place), wanted))
    if not ours:
        raise SourceError(
            f'mutatingwebhookconfigurations "{site.configuration}" has no webhook of the Service '
            f"{site.namespace}/{site.service}"
        )
    if changes:
        unchanged = Operation("test", "/metadata/resourceVersion", found["metadata"]["resourceVersion"])
        body = msgspec.json.encode([unchanged, *changes])
        await client.send("PATCH", path, body, "application/json-patch+json")


async def _store(client: "Client", site: Site, found: Document | None, bundle: Bundle) -> None:
    """Refused by the API server where somebody else stored one meanwhile."""
    path = f"/api/v1/namespaces/{site.namespace}/secrets"
    if found is None:
        await client.send("POST", path, msgspec.json.encode(secret(site, bundle)))
    else:
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        body = msgspec.json.encode({"metadata": version, "data": _data(bundle)})
        await client.send("PATCH", f"{path}/{site.secret}", body, "application/merge-patch+json")


async def _get(client: "Client", path: str) -> Document | None:
    """An object, None where it does not exist."""
    try:
        found: Document = msgspec.json.decode(await client.page(path, {}), type=dict[str, Any])
    except Refused as error:
        if error.code == 404:
            return None
        raise
    except msgspec.MsgspecError as error:
        raise SourceError(f"the answer of the API server for {path} is no object: {error}") from error
    return found


def _bundle(found: Document | None) -> Bundle | None:
    """What a Secret holds; empty parts are no certificate, and are replaced."""
    if found is None:
        return None
    data = found.get("data") or {}
    try:
        return Bundle(*(base64.b64decode(data.get(name, "")) for name in _FILES))
    except binascii.Error:
        return Bundle(b"", b"", b"")


def _data(bundle: Bundle) -> dict[str, str]:
    return dict(zip(_FILES, map(_base64, (bundle.ca, bundle.certificate, bundle.key)), strict=True))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
