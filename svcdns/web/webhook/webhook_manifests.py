"""The objects that make the API server ask the webhook, as manifests; pure.

Secret                        the certificate for the webhook's Pods; ca.crt is what to trust
MutatingWebhookConfiguration  which Pods are asked about, where to ask, and which CA to trust
"""

import base64
import binascii
from typing import Any, TypeAlias

from msgspec import Struct

from svcdns.kube.injection import opt_in
from svcdns.web.webhook.pki import CertificateBundle

JsonObject: TypeAlias = dict[str, Any]

_SECRET_KEYS = ("ca.crt", "tls.crt", "tls.key")
"""The keys of the Secret, in the order of the fields of CertificateBundle."""
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""The label with a namespace's own name, which the API server sets on each."""

# The kubelet makes mirror Pods of its own files; it does not take a changed one.
_NO_MIRROR_POD = {
    "name": "no-mirror-pod",
    # `has` first: CEL raises an error where `in` meets a field that is absent.
    "expression": "!has(object.metadata.annotations) || "
    f"!('{opt_in.MIRROR_POD_ANNOTATION}' in object.metadata.annotations)",
}


class WebhookObjectNames(Struct, frozen=True):
    """The names of the webhook's objects in the cluster."""

    namespace: str
    service: str
    secret: str
    configuration: str

    @property
    def dns_names(self) -> tuple[str, ...]:
        """The DNS names of its Service; the API server connects to the first."""
        return (f"{self.service}.{self.namespace}.svc", f"{self.service}.{self.namespace}")


def secret_manifest(object_names: WebhookObjectNames, bundle: CertificateBundle) -> JsonObject:
    """The Secret as a manifest."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": object_names.secret, "namespace": object_names.namespace},
        "type": "kubernetes.io/tls",
        "data": secret_data(bundle),
    }


def configuration_manifest(object_names: WebhookObjectNames, bundle: CertificateBundle) -> JsonObject:
    """The MutatingWebhookConfiguration as a manifest: opt-in, and no Pod waits long for it.

    It has two webhooks, for Pods that opt in and for namespaces that do: the API server requires all
    selectors of a webhook to match, so one webhook cannot say "or".
    """
    # The webhook's own Pods must start without it, and the cluster's own ones, too.
    elsewhere = {
        "key": _NAMESPACE_LABEL,
        "operator": "NotIn",
        "values": ["kube-system", object_names.namespace],
    }
    opts_in = {"key": opt_in.INJECT_LABEL, "operator": "In", "values": ["true"]}

    # A Pod's own label counts before its namespace's.
    undecided = {"key": opt_in.INJECT_LABEL, "operator": "NotIn", "values": ["true", "false"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": object_names.configuration},
        "webhooks": [
            _webhook(
                object_names, bundle, "pods", pod_expressions=[opts_in], namespace_expressions=[elsewhere]
            ),
            _webhook(
                object_names,
                bundle,
                "namespaces",
                pod_expressions=[undecided],
                namespace_expressions=[elsewhere, opts_in],
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
        "clientConfig": {"service": service, "caBundle": encode_base64(bundle.ca)},
        # Without the webhook a Pod starts without its variables, and no later than 2 s.
        "failurePolicy": "Ignore",
        "timeoutSeconds": 2,
        # So that it is asked about dry runs too.
        "sideEffects": "None",
        # Another webhook may add containers after this one was asked.
        "reinvocationPolicy": "IfNeeded",
        # Also for a Pod that comes by another version of the API.
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


def bundle_from_secret(secret_object: JsonObject | None) -> CertificateBundle | None:
    """The bundle that a Secret holds; None without a Secret.

    A Secret of something else gives empty parts, which are no certificate and so are replaced.
    """
    if secret_object is None:
        return None
    data = secret_object.get("data") or {}
    try:
        # base64.b64decode skips characters outside the alphabet; the certificate then fails to parse.
        return CertificateBundle(*(base64.b64decode(data.get(name, "")) for name in _SECRET_KEYS))
    except binascii.Error:
        return CertificateBundle(b"", b"", b"")


def secret_data(bundle: CertificateBundle) -> dict[str, str]:
    """The field `data` of the Secret: its keys with base64."""
    return dict(
        zip(_SECRET_KEYS, map(encode_base64, (bundle.ca, bundle.certificate, bundle.key)), strict=True)
    )


def encode_base64(data: bytes) -> str:
    """Bytes as the API server has them in JSON (RFC 4648 4)."""
    return base64.b64encode(data).decode()
