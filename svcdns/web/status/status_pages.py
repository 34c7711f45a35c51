"""What the DNS server shows over HTTP: `/health`, `/ready`, `/metrics` and `/debug/top`.

Nothing here can change anything, or wait: each page is made from one overview. Only GET and HEAD are
answered, and only without a body.
"""

from collections.abc import Callable

import msgspec

from svcdns import printable_text
from svcdns.http.aiohttp_server import Handler, web
from svcdns.stats.overview import Overview
from svcdns.web.http_listener import ConnectionLimits
from svcdns.web.status import health, host_header, metrics_page, prometheus, top_lists

CONNECTION_LIMITS = ConnectionLimits(max_connections=64, idle_timeout=20.0, drain_timeout=1.0)
"""A kubelet and a few scrapers need a handful, and connect again if theirs is gone."""


class StatusPages:
    """The aiohttp application with the pages; it is `app`."""

    def __init__(
        self,
        take_overview: Callable[[], Overview],
        ready_when_stale: Callable[[], bool],
        on_unhealthy: Callable[[], None],
    ) -> None:
        """`take_overview` is called for each page, `on_unhealthy` each time that /health answers no.

        `ready_when_stale` says whether answers of a stored table are enough to be ready; it is called each
        time, since a reload may change it.
        """
        self._take_overview = take_overview
        self._ready_when_stale = ready_when_stale
        self._on_unhealthy = on_unhealthy

        # 0 would mean no limit.
        self.app = web.Application(client_max_size=1, middlewares=[_reject_body, _reject_rebinding])
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
        readiness = health.check_readiness(self._take_overview(), self._ready_when_stale())
        return _render(request, readiness, str(readiness), 200 if readiness.ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        overview = self._take_overview()
        is_ready = health.check_readiness(overview, self._ready_when_stale()).ready
        body = metrics_page.render(overview, is_ready)
        return web.Response(body=body, headers={"Content-Type": prometheus.CONTENT_TYPE})

    async def _top(self, request: web.Request) -> web.Response:
        lists = top_lists.make_lists(self._take_overview().top)
        return _render(request, lists, top_lists.render(lists))


def _render(request: web.Request, content: msgspec.Struct, text: str, status: int = 200) -> web.Response:
    """The text, or the content as JSON if the query says `format=json`; 400 for any other format."""
    match request.query.get("format", "text"):
        case "json":
            body = msgspec.json.encode(content)
            return web.Response(status=status, body=body, content_type="application/json")
        case "text":
            # People read it with curl, and it has errors and names from outside.
            return web.Response(status=status, text=printable_text.escape_lines(text))
        case _:
            raise web.HTTPBadRequest(text="format is text or json\n")


@web.middleware
async def _reject_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    # No page reads a body, and nobody shall be able to make this process take one in.
    if request.can_read_body:
        raise web.HTTPBadRequest(text="a request has no body here\n")
    return await handler(request)


@web.middleware
async def _reject_rebinding(request: web.Request, handler: Handler) -> web.StreamResponse:
    # These pages have names and addresses of clients. HTTP/1.0 clients, no browsers, may leave Host out.
    hosts = request.headers.getall("Host", [])
    if request.path.startswith("/debug/") and not all(map(host_header.is_trusted, hosts)):
        raise web.HTTPMisdirectedRequest(text="use the IP address of this server, or localhost, in the URL\n")
    return await handler(request)


async def _forbid_caching(_: web.Request, response: web.StreamResponse) -> None:
    # A proxy on the way would show an old state to a probe.
    response.headers["Cache-Control"] = "no-store"
