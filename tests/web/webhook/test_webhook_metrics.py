"""What the webhook counts: each outcome from the start, and no variables of dry runs."""

import time

from prometheus_client.parser import text_string_to_metric_families

from svcdns.kube.injection import admission
from svcdns.kube.injection.admission import AdmissionDecision
from svcdns.web.webhook.webhook_metrics import WebhookMetrics
from svcdns.web.webhook.webhook_state import WebhookState


def new_metrics() -> WebhookMetrics:
    return WebhookMetrics(WebhookState(dict), lambda: time.time() + 2 * 86_400)


def value(metrics: WebhookMetrics, name: str, **labels: str) -> float:
    """The number of one sample, which must be there."""
    (number,) = (
        sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name == f"svcdns_webhook_{name}" and sample.labels == labels
    )
    return float(number)


def test_reviews_by_outcome() -> None:
    metrics = new_metrics()
    decision: AdmissionDecision = admission.FAILED_DECISION
    metrics.record_review(decision, False, 0.003)
    metrics.record_refusal()
    assert value(metrics, "reviews_total", outcome=decision.outcome) == 1
    assert value(metrics, "reviews_total", outcome="refused") == 1
    assert value(metrics, "reviews_total", outcome="patched") == 0
    assert value(metrics, "review_seconds_bucket", le="0.002") == 0
    assert value(metrics, "review_seconds_bucket", le="0.005") == 1


def test_the_state_is_that_of_the_moment() -> None:
    metrics = new_metrics()
    assert 1.9 < value(metrics, "certificate_days_left") <= 2
    assert value(metrics, "resource_synced", kind="Service") == 0
