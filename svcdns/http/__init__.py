"""The only import of aiohttp, which is all of our HTTP: connections to the API server, pages, the webhook.

Its servers are in `server`, for those who are one. aiohttp reads the system's certificates at its import,
40 ms for contexts that nobody asks for here: each connection over TLS has one of its own.
"""

import contextlib
import os
import ssl
from collections.abc import Iterator


@contextlib.contextmanager
def _no_certificates() -> Iterator[None]:
    """The system has none, as far as OpenSSL is told meanwhile: SSL_CTX_set_default_verify_paths(3)."""
    variable = ssl.get_default_verify_paths().openssl_cafile_env
    given = os.environ.get(variable)
    os.environ[variable] = os.devnull
    try:
        yield
    finally:
        del os.environ[variable]
        if given is not None:
            os.environ[variable] = given


with _no_certificates():
    import aiohttp as aiohttp
