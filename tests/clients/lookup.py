"""Python's socket module: the C library's resolver, through its older functions too."""

import socket
import sys
from collections.abc import Callable
from typing import Any

_ABSENT = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_HOST_NOT_FOUND, _NO_DATA = 1, 4


def _infos(name: str, **hints: int) -> list[Any]:
    return socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, **hints)


LOOKUPS: dict[str, Callable[[str], list[str]]] = {
    "any": lambda name: [info[4][0] for info in _infos(name)],
    "ipv4": lambda name: socket.gethostbyname_ex(name)[2],
    "ipv6": lambda name: [info[4][0] for info in _infos(name, family=socket.AF_INET6)],
    "canonical": lambda name: [_infos(name, flags=socket.AI_CANONNAME)[0][3]],
    "reverse": lambda address: [socket.gethostbyaddr(address)[0]],
}


def _answer(kind: str, name: str) -> str:
    try:
        return " ".join(["found", *LOOKUPS[kind](name)])
    except socket.gaierror as error:
        return "absent" if error.errno in _ABSENT else f"failed {error}"
    except socket.herror as error:
        return "absent" if error.errno in (_HOST_NOT_FOUND, _NO_DATA) else f"failed {error}"


print("ready", flush=True)
for line in sys.stdin:
    print(_answer(*line.split()), flush=True)
