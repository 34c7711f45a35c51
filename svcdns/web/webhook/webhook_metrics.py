"""What the webhook counts, for Prometheus: one process, so prometheus_client keeps the numbers itself."""

import functools
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from svcdns.kube.injection.admission import AdmissionDecision
from svcdns.kube.objects import Kind
from svcdns.web.webhook.webhook_state import WATCHED_KINDS, WebhookState

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The header Content-Type of what `WebhookMetrics.render` returns."""

_SECONDS_PER_DAY = 86_400.0
# A Pod waits for at most 2 s, the timeout in `webhook_manifests`.
_REVIEW_SECONDS_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)
_OUTCOMES = ("patched", "unchanged", "not_ready", "unreadable", "failed", "refused")
"""All outcomes, so that each has a 0 from the start: a rate needs a number before the first event."""


class WebhookMetrics:
    """The numbers of one process."""

    def __init__(self, state: WebhookState, certificate_expiry: Callable[[], float]) -> None:
        """`certificate_expiry` is when the certificate ends, in seconds of `time.time`."""
        # Not the library's global one, which takes each name only once.
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        name = "svcdns_webhook_"
        self._reviews = Counter(
            f"{name}reviews", "Reviews by what happened to the Pod.", ["outcome"], registry=self._registry
        )
        # `labels` alone makes the series.
        for outcome in _OUTCOMES:
            self._reviews.labels(outcome)

        self._reviews_with_warnings = Counter(
            f"{name}reviews_with_warnings",
            "Reviews with warnings; for Pods that controllers make, only the log shows them.",
            registry=self._registry,
        )
        self._review_seconds = Histogram(
            f"{name}review_seconds",
            "Seconds from a request's head to its answer.",
            buckets=_REVIEW_SECONDS_BUCKETS,
            registry=self._registry,
        )
        self._injected_variables = Counter(
            f"{name}injected_variables", "Variables injected, without dry runs.", registry=self._registry
        )

        # These are computed when somebody asks.
        days = Gauge(
            f"{name}certificate_days_left",
            "Days until the serving certificate ends.",
            registry=self._registry,
        )
        days.set_function(lambda: (certificate_expiry() - time.time()) / _SECONDS_PER_DAY)

        synced = Gauge(
            f"{name}resource_synced",
            "1 if all objects of the kind are known and its watch is alive.",
            ["kind"],
            registry=self._registry,
        )
        for kind in WATCHED_KINDS:
            synced.labels(kind).set_function(functools.partial(_is_fresh, state, kind))

    def record_review(self, decision: AdmissionDecision, is_dry_run: bool, seconds: float) -> None:
        """A review was answered."""
        self._reviews.labels(decision.outcome).inc()
        self._review_seconds.observe(seconds)
        if not is_dry_run:
            self._injected_variables.inc(decision.injected_variables)

    def record_warning(self) -> None:
        """A review was answered with warnings."""
        self._reviews_with_warnings.inc()

    def record_refusal(self) -> None:
        """A request was refused: no review, too large or too slow, or from a client that may not ask."""
        self._reviews.labels("refused").inc()

    def render(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self._registry)


def _is_fresh(state: WebhookState, kind: Kind) -> float:
    return float(state.pending(kind) is None)
