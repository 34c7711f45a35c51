"""Which values of the header Host may see `/debug/`: no name that a stranger could point at this server.

DNS rebinding: a page of evil.example is loaded in a browser near this server; then its name gets our address,
and its script reads our pages as its own. The browser still sends `Host: evil.example`.
"""

import re

from svcdns import addresses

_HOST = re.compile(r"(?:\[(?P<ipv6>[^]%]+)(?:%[^]]*)?\]|(?P<name>[^:/?#@\[\]]+))(?::[0-9]*)?")
"""Host or [host], with or without a port (RFC 9112 3.2, RFC 3986 3.2.2)."""
_PRIVATE_SUFFIXES = (".localhost", ".svc", ".svc.cluster.local")
"""Below these nobody gets a name from the Internet's DNS."""


def is_trusted(host: str) -> bool:
    """Whether a Host is an address, a name of one label (as in a Pod's search path), or ends privately."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False

    if match["ipv6"]:
        return addresses.parse(match["ipv6"]) is not None
    name = match["name"].lower()
    return "." not in name or name.endswith(_PRIVATE_SUFFIXES) or addresses.parse(name) is not None
