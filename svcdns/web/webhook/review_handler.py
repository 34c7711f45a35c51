"""`POST /mutate`: an AdmissionReview in, an AdmissionReview that allows the Pod out.

Whatever goes wrong must not keep a Pod from being made. So a request is refused by a status only if it is
no review (400, 413, 415), does not come to its end (408), or comes from a client that may not ask (403).
Every review is answered, and allows its Pod. The decision is made at once when the body is complete, so no
request holds anything that others would have to wait for.
"""

import logging
import time
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from svcdns.errors import ObjectError
from svcdns.http.aiohttp_server import web
from svcdns.kube.injection import admission, admission_review
from svcdns.kube.injection.admission import AdmissionDecision
from svcdns.kube.injection.admission_review import AdmissionRequest
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.rate_limited_log import RateLimitedLogger
from svcdns.web.request_limits import BodyLimits, BodyReader
from svcdns.web.webhook.webhook_metrics import WebhookMetrics
from svcdns.web.webhook.webhook_state import WATCHED_KINDS, WebhookState

# 12 MiB hold four of the largest bodies at once.
BODY_LIMITS = BodyLimits(max_bytes=3 << 20, max_total_bytes=12 << 20, timeout=1.5)
"""The API server takes requests of up to 3 MiB itself, and gives up after its own timeout, 2 s with ours."""
MAX_WARNING_CHARS = 1024
"""Characters of the warnings in a log line: a Pod may have thousands of them."""
MAX_POD_NAME_CHARS = 320
"""Characters of a namespace, a slash and a name: 63 + 1 + 253, and some room."""


class ReviewHandler:
    """The handler of `/mutate`."""

    def __init__(
        self,
        state: WebhookState,
        options: InjectionOptions,
        metrics: WebhookMetrics,
        limits: BodyLimits = BODY_LIMITS,
        *,
        requires_client_certificate: bool = False,
    ) -> None:
        """`requires_client_certificate`: only clients with a verified certificate are answered."""
        self._state = state
        self._options = options
        self._metrics = metrics
        self._body_reader = BodyReader(limits)
        self._requires_client_certificate = requires_client_certificate
        self._log = RateLimitedLogger(logging.getLogger("svcdns.webhook"))

    async def mutate(self, request: web.Request) -> web.Response:
        """Answer one review; raises HTTPException to refuse."""
        begin = time.perf_counter()

        try:
            admission_request = admission_review.decode_review(await self._read_body(request))
        except ObjectError as error:
            self._metrics.record_refusal()
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        except web.HTTPException:
            self._metrics.record_refusal()
            raise

        decision, body = self._review(admission_request)
        seconds = time.perf_counter() - begin
        self._metrics.record_review(decision, bool(admission_request.dry_run), seconds)
        return web.Response(body=body, content_type="application/json")

    async def _read_body(self, request: web.Request) -> bytes:
        """The body; raises HTTPException if the client may not ask, or if the type or the size is wrong."""
        # Before the body is read: who may not ask costs nothing more.
        if self._requires_client_certificate and not request.get_extra_info("peercert"):
            # TLS accepts clients without one, since a kubelet has none for the probes.
            raise web.HTTPForbidden(text="a client certificate is required, see --client-ca\n")

        if request.content_type != "application/json" or "Content-Encoding" in request.headers:
            raise web.HTTPUnsupportedMediaType(text="the body must be application/json, not compressed\n")

        return await self._body_reader.read(request)

    def _review(self, admission_request: AdmissionRequest) -> tuple[AdmissionDecision, bytes]:
        try:
            # None, not a part: variables of some Services would look like all of them.
            cluster = self._state.cluster if self._state.is_complete else None
            decision = admission.decide_admission(admission_request, cluster, self._options)
            warnings = (*self._staleness_warnings(decision), *decision.warnings)
            body = admission_review.encode_review(admission_request.uid, decision.operations, warnings)
        except Exception:  # a bug must cost the variables, not the Pod
            self._log.exception("no decision about Pod %s", _pod_name(admission_request))
            decision = admission.FAILED_DECISION
            return decision, admission_review.encode_review(admission_request.uid, (), decision.warnings)

        if warnings:
            self._log_warnings(admission_request, warnings)
        return decision, body

    def _staleness_warnings(self, decision: AdmissionDecision) -> Iterator[str]:
        """A warning for each kind whose objects may be out of date, if the Pod gets variables of them."""
        if decision.outcome == "patched":
            for kind in WATCHED_KINDS:
                if pending := self._state.pending(kind):
                    yield f"{kind}s may be out of date: {pending}"

    def _log_warnings(self, admission_request: AdmissionRequest, warnings: tuple[str, ...]) -> None:
        """kubectl shows warnings; a controller, which makes most Pods, shows them to nobody."""
        self._metrics.record_warning()
        text = "; ".join(warnings)
        self._log.warning(
            "Pod %s: %s",
            _pod_name(admission_request),
            text if len(text) <= MAX_WARNING_CHARS else f"{text[:MAX_WARNING_CHARS]}...",
        )


def _pod_name(admission_request: AdmissionRequest) -> str:
    """The namespace and the name of the Pod, or the beginning of the name that it will get."""
    try:
        metadata = _named_object_decoder.decode(admission_request.object).metadata
    # RecursionError: JSON that is nested too deeply.
    except (ValueError, RecursionError):  # whatever a client sent
        metadata = _Metadata()

    name = metadata.name or f"{metadata.generate_name or ''}*"
    return f"{admission_request.namespace or metadata.namespace}/{name}"[:MAX_POD_NAME_CHARS]


class _Metadata(Struct, frozen=True, rename="camel"):
    name: str | None = None
    generate_name: str | None = None
    namespace: str | None = None


class _NamedObject(Struct, frozen=True):
    metadata: _Metadata = _Metadata()


_named_object_decoder = msgspec.json.Decoder(_NamedObject)
