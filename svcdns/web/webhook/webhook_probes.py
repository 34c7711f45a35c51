"""`/healthz`, `/readyz` and `/metrics` of the webhook."""

from collections.abc import Callable, Iterator

from svcdns.http.aiohttp_server import web
from svcdns.web.webhook import webhook_metrics
from svcdns.web.webhook.webhook_metrics import WebhookMetrics
from svcdns.web.webhook.webhook_state import WATCHED_KINDS, WebhookState


class WebhookProbes:
    """The handlers of these pages."""

    def __init__(self, state: WebhookState, metrics: WebhookMetrics, is_stopping: Callable[[], bool]) -> None:
        self._state = state
        self._metrics = metrics
        self._is_stopping = is_stopping

    async def health(self, _: web.Request) -> web.Response:
        """200 as long as the process answers."""
        return web.Response(text="ok\n")

    async def ready(self, _: web.Request) -> web.Response:
        """200 once every kind has been listed, else 503; a line for each kind that is waited for, and why."""
        if self._is_stopping():
            return web.Response(status=503, text="stopping\n")

        lines = list(self._pending_lines())
        if not self._state.is_complete:
            return web.Response(status=503, text="".join(["not ready\n", *lines]))

        # A kind that went stale later does not make it unready: the other replicas have the same source.
        return web.Response(text="".join(["ready\n", *lines]))

    async def metrics(self, _: web.Request) -> web.Response:
        """All numbers, for Prometheus."""
        return web.Response(
            body=self._metrics.render(), headers={"Content-Type": webhook_metrics.CONTENT_TYPE}
        )

    def _pending_lines(self) -> Iterator[str]:
        for kind in WATCHED_KINDS:
            if pending := self._state.pending(kind):
                yield f"{kind}: {pending}\n"
