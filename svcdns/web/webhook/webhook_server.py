"""The process of `svcdns webhook`: its source, its sockets, its certificate, and its end.

    source -> webhook_state -> review_handler, webhook_probes <- http_listener <- API server, kubelet

It is a process of its own: its end or its load does not touch DNS.
"""

import asyncio
import logging
import signal
import socket
from pathlib import Path

from svcdns import server_certificate
from svcdns.errors import ConfigError, ListenError
from svcdns.http.aiohttp_server import web
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.socket_addresses import socket_address
from svcdns.sources import ObjectSource
from svcdns.value_types import Address
from svcdns.web.http_listener import ConnectionLimits, serve_http
from svcdns.web.webhook import pki, webhook_state
from svcdns.web.webhook.options import WebhookOptions
from svcdns.web.webhook.review_handler import ReviewHandler
from svcdns.web.webhook.webhook_metrics import WebhookMetrics
from svcdns.web.webhook.webhook_probes import WebhookProbes
from svcdns.web.webhook.webhook_state import WebhookState

log = logging.getLogger("svcdns.webhook")

DRAIN_SECONDS = 5.0
"""Seconds from SIGTERM to the end, in which the Service loses this endpoint. Requests are still answered."""
CONNECTION_LIMITS = ConnectionLimits(max_connections=256, idle_timeout=120.0, drain_timeout=DRAIN_SECONDS)
"""An API server keeps up to 25 connections, and closes an idle one after 90 seconds."""


class WebhookServer:
    """One webhook; `run` serves until a signal stops it."""

    def __init__(self, source: ObjectSource, webhook: WebhookOptions, options: InjectionOptions) -> None:
        """Read the certificate; raises ConfigError."""
        self._chain, key = webhook.certificate
        client_ca = Path(webhook.client_ca) if webhook.client_ca else None
        self._source = source
        self._addresses = webhook.listen
        self._certificate = server_certificate.ServerCertificate(self._chain, key, "http/1.1", client_ca)
        self._certificate_expires_at = pki.expiry_time(self._chain)
        self._is_stopping = False
        self._stop_event = asyncio.Event()

        self._state = WebhookState(source.get_statuses)
        metrics = WebhookMetrics(self._state, lambda: self._certificate_expires_at)
        probes = WebhookProbes(self._state, metrics, lambda: self._is_stopping)
        reviews = ReviewHandler(
            self._state, options, metrics, requires_client_certificate=client_ca is not None
        )

        self._app = web.Application()
        self._app.router.add_post("/mutate", reviews.mutate)
        self._app.router.add_get("/healthz", probes.health)
        self._app.router.add_get("/readyz", probes.ready)
        self._app.router.add_get("/metrics", probes.metrics)
        self._app.on_response_prepare.append(self._close_when_stopping)

    async def run(self) -> None:
        """Serve until a signal; raises ListenError, and whatever the source raises."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._stop_event.set)
        loop.add_signal_handler(signal.SIGTERM, self._drain)

        # Before the source is read: a wrong address is reported at once.
        sockets = [_bind(address) for address in self._addresses]
        async with serve_http(self._app, sockets, CONNECTION_LIMITS, self._certificate):
            log.info("answering on %s", ", ".join(f"https://{address}/mutate" for address in self._addresses))

            tasks = [
                asyncio.create_task(webhook_state.feed_from_source(self._source, self._state)),
                asyncio.create_task(self._refresh_certificate_forever()),
                asyncio.create_task(self._stop_event.wait()),
            ]

            try:
                # The first that ends is the signal, or an error of another one.
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    # Raises what the task raised; of the signal's task it is True.
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _drain(self) -> None:
        if self._is_stopping:
            self._stop_event.set()  # a second signal: somebody is in a hurry
        else:
            log.info("stopping in %g s", DRAIN_SECONDS)
            self._is_stopping = True
            asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._stop_event.set)

    async def _refresh_certificate_forever(self) -> None:
        while True:
            await asyncio.sleep(server_certificate.REFRESH_INTERVAL)
            if self._certificate.refresh():
                try:
                    self._certificate_expires_at = pki.expiry_time(self._chain)
                except ConfigError as error:  # OpenSSL takes more than we can read
                    log.error("the end of the new certificate cannot be read: %s", error)

    async def _close_when_stopping(self, _: web.Request, response: web.StreamResponse) -> None:
        # Clients connect anew, and so to another replica.
        if self._is_stopping:
            response.headers["Connection"] = "close"
            response.force_close()


def _bind(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET

    try:
        sock = socket.create_server(socket_address(address.host, address.port), family=family)
    except OSError as error:
        raise ListenError(f"cannot listen on {address}: {error.strerror or error}") from error
    sock.setblocking(False)
    return sock
