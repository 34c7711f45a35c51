"""AdmissionReview v1: the request of the API server as it is read, and the answer as it is written.

Every answer allows the Pod: what goes wrong is a warning. Source: Kubernetes API reference
admission.k8s.io/v1.
"""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from svcdns.errors import ObjectError
from svcdns.kube.injection.json_patch import PatchOperation

MAX_WARNINGS = 16
MAX_WARNING_CHARS = 256
"""Characters; the API server cuts each warning there, and all of them at 4,096."""

_API_VERSION = "admission.k8s.io/v1"


class AdmissionResource(Struct, frozen=True):
    """group, version and plural name of what is being made."""

    group: str = ""
    version: str = ""
    resource: str = ""


class AdmissionRequest(Struct, frozen=True, rename="camel"):
    """request of an AdmissionReview; `object` is not decoded yet.

    The namespace of a Pod with `generateName` may stand only here.
    """

    uid: str
    operation: str = ""
    namespace: str | None = None
    resource: AdmissionResource = AdmissionResource()
    sub_resource: str | None = None
    dry_run: bool | None = None
    object: Raw = Raw(b"null")


class _AdmissionReview(Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    request: AdmissionRequest


_review_decoder = msgspec.json.Decoder(_AdmissionReview)


def decode_review(body: bytes) -> AdmissionRequest:
    """The request of a review; raises ObjectError for what is none, whatever the bytes."""
    try:
        review = _review_decoder.decode(body)
    except (ValueError, RecursionError) as error:
        raise ObjectError("", f"this is no AdmissionReview: {error}") from error
    if (review.api_version, review.kind) != (_API_VERSION, "AdmissionReview") or not review.request.uid:
        raise ObjectError("", f"this is no AdmissionReview of {_API_VERSION} with request.uid")
    return review.request


def encode_review(uid: str, operations: Sequence[PatchOperation] = (), warnings: Sequence[str] = ()) -> bytes:
    """The review that answers the request with this uid."""
    response: dict[str, Any] = {"uid": uid, "allowed": True}
    if operations:
        patch = msgspec.json.encode(operations)
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch).decode()}
    if warnings:
        response["warnings"] = _limit_warnings(warnings)
    return msgspec.json.encode({"apiVersion": _API_VERSION, "kind": "AdmissionReview", "response": response})


def _limit_warnings(warnings: Iterable[str]) -> list[str]:
    """As many and as long as the API server hands on; names of others cannot steer a terminal."""
    texts = list(dict.fromkeys(warnings))
    if len(texts) > MAX_WARNINGS:
        more = len(texts) - MAX_WARNINGS + 1
        texts[MAX_WARNINGS - 1 :] = [f"and {more} more warnings"]
    plain = ("".join(c if c.isprintable() else "?" for c in text[:MAX_WARNING_CHARS]) for text in texts)
    return [f"svcdns: {text}"[:MAX_WARNING_CHARS] for text in plain]
