"""`/healthz`, `/readyz` and `/metrics`."""

from collections.abc import Callable, Iterator

from svcdns.http.server import web
from svcdns.web import metrics
from svcdns.web.known import KINDS, Known
from svcdns.web.metrics import Metrics


class Probes:
    """The handlers, with what they tell."""

    def __init__(self, known: Known, counted: Metrics, stopping: Callable[[], bool]) -> None:
        self._known = known
        self._metrics = counted
        self._stopping = stopping

    async def health(self, _: web.Request) -> web.Response:
        """200 as long as the process answers."""
        return web.Response(text="ok\n")

    async def ready(self, _: web.Request) -> web.Response:
        """200 once every kind has been listed; a line for each kind that is waited for, and why."""
        lines = list(self._waiting())
        if self._stopping():
            return web.Response(status=503, text="stopping\n")
        if not self._known.complete:
            return web.Response(status=503, text="".join(["not ready\n", *lines]))
        return web.Response(text="".join(["ready\n", *lines]))

    async def metrics(self, _: web.Request) -> web.Response:
        """All numbers."""
        return web.Response(body=self._metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})

    def _waiting(self) -> Iterator[str]:
        for kind in KINDS:
            if waiting := self._known.waiting(kind):
                yield f"{kind}: {waiting}\n"
