"""What the supervisor shows over HTTP: `/health`, `/ready`, `/metrics` and `/debug/top`.

Nothing here can change anything, or wait: each page is made from one overview. GET and HEAD alone,
without a body.
"""

from collections.abc import Callable

import msgspec

from svcdns.http.server import Handler, web
from svcdns.stats.overview import Overview
from svcdns.web import exposition, toplists, verdicts
from svcdns.web.listening import Bounds

BOUNDS = Bounds(most=64, idle=20.0, drain=1.0)
"""Prometheus and kubelet make another connection where theirs is gone."""


class Pages:
    """The application."""

    def __init__(
        self,
        look: Callable[[], Overview],
        ready_when_stale: Callable[[], bool],
        unhealthy: Callable[[], None],
    ) -> None:
        """`look` makes an overview; `unhealthy` is told when /health says no."""
        self._look = look
        self._ready_when_stale = ready_when_stale
        self._unhealthy = unhealthy
        self.app = web.Application(client_max_size=1, middlewares=[_without_body])
        self.app.add_routes(
            [
                web.get("/health", self._health),
                web.get("/ready", self._ready),
                web.get("/metrics", self._metrics),
                web.get("/debug/top", self._top),
            ]
        )
        self.app.on_response_prepare.append(_prepare)

    async def _health(self, _: web.Request) -> web.Response:
        healthy, text = verdicts.health(self._look())
        if not healthy:
            self._unhealthy()
        return web.Response(status=200 if healthy else 503, text=text)

    async def _ready(self, request: web.Request) -> web.Response:
        found = verdicts.readiness(self._look(), self._ready_when_stale())
        return _page(request, found, str(found), 200 if found.ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        seen = self._look()
        ready = verdicts.readiness(seen, self._ready_when_stale()).ready
        body = exposition.text(seen, ready)
        return web.Response(body=body, headers={"Content-Type": exposition.CONTENT_TYPE})

    async def _top(self, request: web.Request) -> web.Response:
        found = toplists.lists(self._look().top)
        return _page(request, found, toplists.text(found))


def _page(request: web.Request, found: msgspec.Struct, text: str, status: int = 200) -> web.Response:
    """As JSON where `?format=json` asks for it."""
    match request.query.get("format", "text"):
        case "json":
            body = msgspec.json.encode(found)
            return web.Response(status=status, body=body, content_type="application/json")
        case "text":
            return web.Response(status=status, text=text)
        case _:
            raise web.HTTPBadRequest(text="format is text or json\n")


@web.middleware
async def _without_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.can_read_body:
        raise web.HTTPBadRequest(text="a request has no body here\n")
    return await handler(request)


async def _prepare(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Cache-Control"] = "no-store"
