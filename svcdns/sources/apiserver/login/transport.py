"""TLS to the API server and the proxy on the way, as a session of aiohttp.

Certificates are checked as Go does it: against the CA of the cluster alone, which may be an intermediate one,
and without the rules that RFC 5280 has and old clusters' CAs break (VERIFY_X509_STRICT).
"""

import ssl
import urllib.parse
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from svcdns.http import aiohttp
from svcdns.sources.apiserver.login import login_headers, proxy_environment

if TYPE_CHECKING:
    from svcdns.sources.apiserver.login.kubernetes_library import Configuration

_READ_BUFFER_BYTES = 2 << 20
"""An object of 1.5 MiB, etcd's largest, in one piece."""


class Transport(NamedTuple):
    """A session, and what each request needs beside it."""

    session: aiohttp.ClientSession
    http_proxy: str | None
    """The proxy, if it is one that aiohttp asks itself; without the user, since its errors have the URL."""
    proxy_headers: Mapping[str, str]
    """What such a proxy is told of us when it is asked for a connection."""
    server_hostname: str | None
    """The name in the certificate (`tls-server-name`), if it is not that of the address."""
    proxy_name: str | None
    """The proxy of either kind in messages."""


def open_transport(configuration: "Configuration", proxy: str | None) -> Transport:
    """Open a session; raises OSError or ValueError for certificates that cannot be used.

    `proxy` is a URL as `proxy_environment.check_proxy_url` returns it.
    """
    is_socks = (proxy or "").startswith("socks")
    server_name = configuration.tls_server_name or None
    context = _create_context(configuration, server_name if is_socks else None)

    if proxy and is_socks:
        # Only here: it costs time and memory, and few have such a proxy.
        from svcdns.http import socks_connector

        connector = socks_connector.create_connector(proxy, context)
    else:
        connector = aiohttp.TCPConnector(ssl=context)

    proxy_headers = _proxy_headers(proxy) if proxy and not is_socks else {}
    is_tls = (configuration.host or "").startswith("https://")

    # It looks for no proxy in the environment, and for no passwords in ~/.netrc.
    session = aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        read_bufsize=_READ_BUFFER_BYTES,
        # Without TLS the proxy reads each request, and is asked for no connection.
        headers={} if is_tls else proxy_headers,
    )

    proxy_name = proxy_environment.strip_user(proxy) if proxy else None
    if is_socks:
        return Transport(session, None, {}, None, proxy_name)
    return Transport(session, proxy_name, proxy_headers, server_name, proxy_name)


def _proxy_headers(proxy: str) -> Mapping[str, str]:
    parts = urllib.parse.urlsplit(proxy)
    if parts.username is None:
        return {}

    names = urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
    return {"Proxy-Authorization": login_headers.basic(*names)}


class _NamedContext(ssl.SSLContext):
    """Asks for the certificate of one name, whichever name it is told.

    The library of the SOCKS proxy tells it the host of the address, and knows no other name.
    """

    certificate_name: str

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As SSLContext does it, with the name of the certificate."""
        return super().wrap_bio(incoming, outgoing, server_side, self.certificate_name, session)


def _create_context(configuration: "Configuration", certificate_name: str | None) -> ssl.SSLContext:
    """TLS 1.2 or newer (the default of Python)."""
    if certificate_name:
        context: ssl.SSLContext = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.certificate_name = certificate_name  # type: ignore[attr-defined]
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN

    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif configuration.ssl_ca_cert:
        context.load_verify_locations(configuration.ssl_ca_cert)
    else:
        context.load_default_certs()

    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context
