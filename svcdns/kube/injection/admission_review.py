"""AdmissionReview v1: decode the request of the API server, encode the answer to it.

Every answer allows the Pod; a failure is only a warning. Source: Kubernetes API reference
admission.k8s.io/v1.
"""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from svcdns.errors import ObjectError
from svcdns.kube.injection.json_patch import PatchOperation

# The API server cuts each warning at 256 characters, and all of them together at 4,096.
MAX_WARNINGS = 16
MAX_WARNING_CHARS = 256

_API_VERSION = "admission.k8s.io/v1"


class AdmissionResource(Struct, frozen=True):
    """Group, version and plural name of the resource that the request is about."""

    group: str = ""
    version: str = ""
    resource: str = ""


class AdmissionRequest(Struct, frozen=True, rename="camel"):
    """The request of an AdmissionReview; `object` is JSON that is not decoded yet.

    `namespace` may be set only here, and not in the object.
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
    """The request of a review; raises ObjectError for bytes that are no AdmissionReview, and nothing else."""
    try:
        review = _review_decoder.decode(body)
    # RecursionError: a body of brackets, which anybody who reaches the port can send.
    except (ValueError, RecursionError) as error:
        raise ObjectError("", f"this is no AdmissionReview: {error}") from error

    if (review.api_version, review.kind) != (_API_VERSION, "AdmissionReview") or not review.request.uid:
        raise ObjectError("", f"this is no AdmissionReview of {_API_VERSION} with request.uid")

    return review.request


def encode_review(uid: str, operations: Sequence[PatchOperation] = (), warnings: Sequence[str] = ()) -> bytes:
    """The answer to the request with this uid, as JSON; the patch in it is base64."""
    response: dict[str, Any] = {"uid": uid, "allowed": True}

    if operations:
        patch = msgspec.json.encode(operations)
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch).decode()}
    if warnings:
        response["warnings"] = _limit_warnings(warnings)
    return msgspec.json.encode({"apiVersion": _API_VERSION, "kind": "AdmissionReview", "response": response})


def _limit_warnings(warnings: Iterable[str]) -> list[str]:
    """As many warnings, and as long, as the API server passes on."""
    texts = list(dict.fromkeys(warnings))
    if len(texts) > MAX_WARNINGS:
        omitted = len(texts) - MAX_WARNINGS + 1
        texts[MAX_WARNINGS - 1 :] = [f"and {omitted} more warnings"]

    # kubectl prints them, and a name from a Pod must not send control characters to the terminal.
    plain = ("".join(c if c.isprintable() else "?" for c in text[:MAX_WARNING_CHARS]) for text in texts)
    return [f"svcdns: {text}"[:MAX_WARNING_CHARS] for text in plain]
