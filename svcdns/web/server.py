"""The process of `svcdns webhook`: its source, its sockets, its certificate, and its end.

    source -> known -> reviews, probes <- aiohttp <- TLS <- API server, kubelet, Prometheus

It shares no fate with DNS.
"""

import asyncio
import logging
import signal
import socket
from pathlib import Path

from svcdns import tls
from svcdns.config.values import Address
from svcdns.errors import ConfigError, ListenError
from svcdns.http.server import web
from svcdns.kube.injection_options import InjectionOptions
from svcdns.sources import Source
from svcdns.web import known, pki
from svcdns.web.known import Known
from svcdns.web.listening import Bounds, listening
from svcdns.web.metrics import Metrics
from svcdns.web.options import WebhookOptions
from svcdns.web.probes import Probes
from svcdns.web.reviews import Reviews

log = logging.getLogger("svcdns.webhook")

DRAIN = 5.0
"""Seconds from SIGTERM to the end, in which the Service's endpoints learn of it; requests are answered."""
BOUNDS = Bounds(most=256, idle=120.0, drain=DRAIN)
"""An API server keeps up to 25 connections, and closes one without a request after 90 seconds."""


class Server:
    """One webhook; `run` until told to stop."""

    def __init__(self, source: Source, webhook: WebhookOptions, options: InjectionOptions) -> None:
        """Read the certificate; raises ConfigError."""
        self._chain, key = webhook.certificate
        client_ca = Path(webhook.client_ca) if webhook.client_ca else None
        self._source = source
        self._addresses = webhook.listen
        self._certificate = tls.Certificate(self._chain, key, "http/1.1", client_ca)
        self._expires = pki.expiry(self._chain)
        self._stopping = False
        self._stop = asyncio.Event()
        self._known = Known(source.status)
        metrics = Metrics(self._known, lambda: self._expires)
        probes = Probes(self._known, metrics, lambda: self._stopping)
        asked = Reviews(self._known, options, metrics, certified=client_ca is not None)
        self._app = web.Application()
        self._app.router.add_post("/mutate", asked.mutate)
        self._app.router.add_get("/healthz", probes.health)
        self._app.router.add_get("/readyz", probes.ready)
        self._app.router.add_get("/metrics", probes.metrics)
        self._app.on_response_prepare.append(self._prepare)

    async def run(self) -> None:
        """Serve until a signal; raises ListenError, and what the source raises."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._stop.set)
        loop.add_signal_handler(signal.SIGTERM, self._drain)
        sockets = [_bind(at) for at in self._addresses]
        async with listening(self._app, sockets, BOUNDS, self._certificate):
            log.info("answering on %s", ", ".join(f"https://{one}/mutate" for one in self._addresses))
            tasks = [
                asyncio.create_task(known.follow(self._source, self._known)),
                asyncio.create_task(self._keep_certificate()),
                asyncio.create_task(self._stop.wait()),
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _drain(self) -> None:
        if self._stopping:
            self._stop.set()
        else:
            log.info("stopping in %g s", DRAIN)
            self._stopping = True
            asyncio.get_running_loop().call_later(DRAIN, self._stop.set)

    async def _keep_certificate(self) -> None:
        while True:
            await asyncio.sleep(tls.LOOK)
            if self._certificate.refresh():
                try:
                    self._expires = pki.expiry(self._chain)
                except ConfigError as error:  # OpenSSL takes more than we can read
                    log.error("when the new certificate ends cannot be told: %s", error)

    async def _prepare(self, _: web.Request, response: web.StreamResponse) -> None:
        if self._stopping:
            response.headers["Connection"] = "close"
            response.force_close()


def _bind(at: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    try:
        sock = socket.create_server((at.host, at.port), family=family)
    except OSError as error:
        raise ListenError(f"cannot listen on {at}: {error.strerror or error}") from error
    sock.setblocking(False)
    return sock
