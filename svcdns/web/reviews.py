"""`POST /mutate`: an AdmissionReview in, an AdmissionReview that allows the Pod out.

Whatever goes wrong must not keep a Pod from being made. So a request is refused by a status only where
it is no review (400, 413, 415), does not come to its end (408), or comes from somebody who may not ask
(403); every review is answered, and allows its Pod. It is decided at once when its body is whole:
nobody holds anything by which others would have to wait.
"""

import logging
import time
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from svcdns.errors import ObjectError
from svcdns.http.server import web
from svcdns.kube import admission, admission_review
from svcdns.kube.admission import Decision
from svcdns.kube.admission_review import Request
from svcdns.kube.injection_options import InjectionOptions
from svcdns.web.bodies import Bodies, Limits
from svcdns.web.brief import Brief
from svcdns.web.known import KINDS, Known
from svcdns.web.metrics import Metrics

LIMITS = Limits(one=3 << 20, together=12 << 20, deadline=1.5)
"""The API server takes requests of up to 3 MiB itself, and gives up after its own timeout, 2 s with ours."""
LINE = 1024
"""Characters of a log line's warnings."""
NAME = 320
"""Of a namespace and a name: 63, a slash, 253."""


class Reviews:
    """The handler, with what it decides from."""

    def __init__(
        self,
        known: Known,
        options: InjectionOptions,
        metrics: Metrics,
        limits: Limits = LIMITS,
        *,
        certified: bool = False,
    ) -> None:
        """`certified`: only clients that have shown a certificate are answered."""
        self._known = known
        self._options = options
        self._metrics = metrics
        self._bodies = Bodies(limits)
        self._certified = certified
        self._log = Brief(logging.getLogger("svcdns.webhook"))

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
        """Raises HTTPException for who may not ask, and what is of another type, too large or too slow."""
        if self._certified and not request.get_extra_info("peercert"):
            raise web.HTTPForbidden(text="wanted is a client certificate, see --client-ca\n")
        if request.content_type != "application/json" or "Content-Encoding" in request.headers:
            raise web.HTTPUnsupportedMediaType(text="wanted is application/json, not compressed\n")
        return await self._bodies.read(request)

    def _answer(self, asked: Request) -> tuple[Decision, bytes]:
        try:
            cluster = self._known.cluster if self._known.complete else None
            decision = admission.decide(asked, cluster, self._options)
            warnings = (*self._doubts(decision), *decision.warnings)
            body = admission_review.write(asked.uid, decision.operations, warnings)
        except Exception:  # a bug must cost the variables, not the Pod
            self._log.exception("no decision about Pod %s", _shown(asked))
            decision = admission.FAILED
            return decision, admission_review.write(asked.uid, (), decision.warnings)
        if warnings:
            self._tell(asked, warnings)
        return decision, body

    def _doubts(self, decision: Decision) -> Iterator[str]:
        """Whether what a Pod is given may be out of date."""
        if decision.outcome == "patched":
            for kind in KINDS:
                if waiting := self._known.waiting(kind):
                    yield f"{kind}s may be out of date: {waiting}"

    def _tell(self, asked: Request, warnings: tuple[str, ...]) -> None:
        """Of a Pod that a controller makes nobody sees the warnings but who reads the log."""
        self._metrics.warned()
        text = "; ".join(warnings)
        self._log.warning("Pod %s: %s", _shown(asked), text if len(text) <= LINE else f"{text[:LINE]}...")


def _shown(asked: Request) -> str:
    """Namespace and name of the Pod, or what the API server begins its name with."""
    try:
        found = _named.decode(asked.object).metadata
    except (ValueError, RecursionError):  # whatever a client sent
        found = _Metadata()
    name = found.name or f"{found.generate_name or ''}*"
    return f"{asked.namespace or found.namespace}/{name}"[:NAME]


class _Metadata(Struct, frozen=True, rename="camel"):
    name: str | None = None
    generate_name: str | None = None
    namespace: str | None = None


class _Named(Struct, frozen=True):
    metadata: _Metadata = _Metadata()


_named = msgspec.json.Decoder(_Named)
