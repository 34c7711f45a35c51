"""The only import of aiohttp: connections to the API server, the pages of the DNS server, the webhook.

| module | has |
|---|---|
| (here) | `aiohttp` itself, for clients |
| `aiohttp_server` | the parts that servers need; clients do not load them |
| `socks_connector` | connections through a SOCKS5 proxy; only who has one loads it |

At its import aiohttp reads the system's certificates, which takes 40 ms. Nobody here uses those contexts,
since each connection over TLS has one of its own, so the import is made to find no certificates.
"""

import contextlib
import os
import ssl
from collections.abc import Iterator


@contextlib.contextmanager
def _no_certificates() -> Iterator[None]:
    """Let OpenSSL find no certificates of the system meanwhile: SSL_CTX_set_default_verify_paths(3)."""
    variable = ssl.get_default_verify_paths().openssl_cafile_env
    users_value = os.environ.get(variable)

    os.environ[variable] = os.devnull
    try:
        yield
    finally:
        del os.environ[variable]
        if users_value is not None:
            os.environ[variable] = users_value


# `as` with the same name is what marks it as meant for others (PEP 484).
with _no_certificates():
    import aiohttp as aiohttp
