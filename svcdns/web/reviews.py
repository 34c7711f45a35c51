"""`POST /mutate`: an AdmissionReview in, an AdmissionReview that allows the Pod out.

Whatever goes wrong must not keep a Pod from being made. So a request is refused by a status only where
it is no review (400, 413, 415) or does not come to an end (408, 503); every review is answered, and
allows its Pod.
"""

import asyncio
import logging
import time

from aiohttp import web

from svcdns.errors import ObjectError
from svcdns.kube import admission, admission_review
from svcdns.kube.admission import Decision, Options
from svcdns.kube.admission_review import Request
from svcdns.web.known import Known
from svcdns.web.metrics import Metrics

log = logging.getLogger("svcdns.webhook")

MAX_BODY = 3 << 20
"""Bytes; what the API server takes as a request, and so more than it sends."""
DEADLINE = 5.0
"""Seconds until a body must be there; the API server gives up after its own timeout, 2 s with ours."""
AT_ONCE = 16
"""Bodies that are read at once: 48 MiB at most."""


class Reviews:
    """The handler, with what it decides from."""

    def __init__(self, known: Known, options: Options, metrics: Metrics, deadline: float = DEADLINE) -> None:
        self._known = known
        self._options = options
        self._metrics = metrics
        self._deadline = deadline
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def mutate(self, request: web.Request) -> web.Response:
        """Answer one review."""
        begin = time.perf_counter()
        try:
            asked = admission_review.read(await self._body(request))
        except ObjectError as error:
            self._metrics.refused()
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        except web.HTTPException:
            self._metrics.refused()
            raise
        decision, body = self._answer(asked)
        self._metrics.reviewed(decision, bool(asked.dry_run), time.perf_counter() - begin)
        return web.Response(body=body, content_type="application/json")

    async def _body(self, request: web.Request) -> bytes:
        """Raises HTTPException for what is too large, too slow, or of another type."""
        if request.content_type != "application/json" or "Content-Encoding" in request.headers:
            raise web.HTTPUnsupportedMediaType(text="wanted is application/json, not compressed\n")
        if (request.content_length or 0) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
        reading = False
        try:
            async with asyncio.timeout(self._deadline), self._slots:
                reading = True
                return await request.read()
        except TimeoutError:
            if reading:
                raise web.HTTPRequestTimeout(text="the body did not come to its end in time\n") from None
            raise web.HTTPServiceUnavailable(text="too many reviews at once\n") from None

    def _answer(self, asked: Request) -> tuple[Decision, bytes]:
        try:
            cluster = self._known.cluster if self._known.complete else None
            decision = admission.decide(asked, cluster, self._options)
            return decision, admission_review.write(asked.uid, decision.operations, decision.warnings)
        except Exception:  # a bug must cost the variables, not the Pod
            log.exception("no decision about a Pod of namespace %s", asked.namespace)
            decision = admission.FAILED
            return decision, admission_review.write(asked.uid, (), decision.warnings)
