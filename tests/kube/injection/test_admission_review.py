"""AdmissionReviews as bytes: what is none, and how much an answer may say."""

import json

import pytest

from svcdns.errors import ObjectError
from svcdns.kube.injection import admission_review

NO_REVIEWS = [
    b"",
    b"\xff",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":""}}',
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":7}}',
    b'{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"u"}}',
    b'{"apiVersion":"admission.k8s.io/v1","kind":"Pod","request":{"uid":"u"}}',
]


@pytest.mark.parametrize("body", NO_REVIEWS, ids=lambda body: body[-40:].decode("latin1"))
def test_what_is_no_review(body: bytes) -> None:
    with pytest.raises(ObjectError, match="this is no AdmissionReview"):
        admission_review.decode_review(body)


def test_warnings_are_bounded() -> None:
    long = [f"{number} \x1b[1m\n{'é' * 300}" for number in range(30)]
    sent = json.loads(admission_review.encode_review("u", (), [*long, *long]))["response"]["warnings"]

    assert len(sent) == 16 and max(map(len, sent)) == 256
    assert all(text.isprintable() and text.startswith("svcdns: ") for text in sent)
    assert sent[-1] == "svcdns: and 15 more warnings"
