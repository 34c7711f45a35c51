"""Connections of aiohttp through a SOCKS5 proxy (RFC 1928, RFC 1929); the only import of aiohttp_socks.

The proxy looks up the name of the server, as with Go: this host may not know it.
"""

import asyncio
import ssl as tls
import urllib.parse

import aiohttp_socks
import python_socks
from aiohttp.client_proto import ResponseHandler

from svcdns.http import aiohttp


class _SocksConnector(aiohttp_socks.ProxyConnector):
    async def _connect_via_proxy(
        self, host: str, port: int, ssl: tls.SSLContext | None = None, timeout: float | None = None
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """As the library does it, with errors that clients of aiohttp expect."""
        try:
            return await super()._connect_via_proxy(host, port, ssl, timeout)
        except python_socks.ProxyTimeoutError as error:
            raise TimeoutError("no answer in time") from error
        except (python_socks.ProxyConnectionError, python_socks.ProxyError) as error:
            raise OSError(str(error)) from error


def create_connector(proxy: str, context: tls.SSLContext) -> aiohttp.TCPConnector:
    """The connector of a proxy, `socks5://[USER:PASSWORD@]HOST:PORT`; `context` is for TLS to the server."""
    parts = urllib.parse.urlsplit(proxy)
    return _SocksConnector(
        host=parts.hostname or "",
        port=parts.port or 0,
        proxy_type=python_socks.ProxyType.SOCKS5,
        username=urllib.parse.unquote(parts.username or ""),
        password=urllib.parse.unquote(parts.password or ""),
        rdns=True,
        ssl=context,
    )
