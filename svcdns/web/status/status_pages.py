"""What the supervisor shows over HTTP: `/health`, `/ready`, `/metrics` and `/debug/top`.

Nothing here can change anything, or wait: each page is made from one overview. GET and HEAD alone,
without a body.
"""

from collections.abc import Callable

import msgspec

from svcdns.http.aiohttp_server import Handler, web
from svcdns.stats.overview import Overview
from svcdns.web.http_listener import ConnectionLimits
from svcdns.web.status import health, metrics_page, top_lists

CONNECTION_LIMITS = ConnectionLimits(max_connections=64, idle_timeout=20.0, drain_timeout=1.0)
"""Prometheus and kubelet make another connection where theirs is gone."""


class StatusPages:
    """The application."""

    def __init__(
        self,
        take_overview: Callable[[], Overview],
        ready_when_stale: Callable[[], bool],
        on_unhealthy: Callable[[], None],
    ) -> None:
        """`look` makes an overview; `unhealthy` is told when /health says no."""
        self._take_overview = take_overview
        self._ready_when_stale = ready_when_stale
        self._on_unhealthy = on_unhealthy
        self.app = web.Application(client_max_size=1, middlewares=[_reject_body])
        self.app.add_routes(
            [
                web.get("/health", self._health),
                web.get("/ready", self._ready),
                web.get("/metrics", self._metrics),
                web.get("/debug/top", self._top),
            ]
        )
        self.app.on_response_prepare.append(_forbid_caching)

    async def _health(self, _: web.Request) -> web.Response:
        healthy, text = health.check_health(self._take_overview())
        if not healthy:
            self._on_unhealthy()
        return web.Response(status=200 if healthy else 503, text=text)

    async def _ready(self, request: web.Request) -> web.Response:
        found = health.check_readiness(self._take_overview(), self._ready_when_stale())
        return _render(request, found, str(found), 200 if found.ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        seen = self._take_overview()
        ready = health.check_readiness(seen, self._ready_when_stale()).ready
        body = metrics_page.render(seen, ready)
        return web.Response(body=body, headers={"Content-Type": metrics_page.CONTENT_TYPE})

    async def _top(self, request: web.Request) -> web.Response:
        found = top_lists.make_lists(self._take_overview().top)
        return _render(request, found, top_lists.render(found))


def _render(request: web.Request, content: msgspec.Struct, text: str, status: int = 200) -> web.Response:
    """As JSON where `?format=json` asks for it."""
    match request.query.get("format", "text"):
        case "json":
            body = msgspec.json.encode(content)
            return web.Response(status=status, body=body, content_type="application/json")
        case "text":
            return web.Response(status=status, text=text)
        case _:
            raise web.HTTPBadRequest(text="format is text or json\n")


@web.middleware
async def _reject_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.can_read_body:
        raise web.HTTPBadRequest(text="a request has no body here\n")
    return await handler(request)


async def _forbid_caching(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Cache-Control"] = "no-store"
