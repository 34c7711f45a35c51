"""What svcdns uses of asyncio that asyncio does not promise: all of it stands here.

| private part | used for | if Python changes it |
|---|---|---|
| `asyncio.sslproto.SSLProtocol` | TLS over an accepted connection | no HTTPS connection is accepted |
| `SSLProtocol.max_size` | its buffer's size | each connection takes 256 KiB at once |
| `SSLProtocol._get_app_transport` | its limit to reading ahead | each connection may take more memory |

tests/test_asyncio_private.py checks each of these on the Python that runs it.
"""

import asyncio
import ssl
from asyncio import sslproto
from typing import Any


class TlsServerProtocol(sslproto.SSLProtocol):
    """asyncio's TLS for a connection that was accepted as a plain one.

    `loop.connect_accepted_socket(ssl=...)` returns after the handshake only. With TLS as the protocol, the
    connection is known from its accept on, so that somebody can end it if the handshake takes too long.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        inner: asyncio.Protocol,
        context: ssl.SSLContext,
        *,
        buffer_bytes: int,
        shutdown_timeout: float,
    ) -> None:
        """`inner` gets what was decrypted; `shutdown_timeout` is in seconds, for the end of TLS."""
        # asyncio reads it once, for the size of the buffer that it makes at once; its own is 256 KiB.
        self.max_size = buffer_bytes  # type: ignore[misc]

        # A future that would hear of the end of the handshake.
        waiter: Any = None
        super().__init__(
            loop, inner, context, waiter, server_side=True, ssl_shutdown_timeout=shutdown_timeout
        )
        self._get_app_transport().set_read_buffer_limits(buffer_bytes)  # type: ignore[attr-defined]
