"""The server with a small cluster, and one question to it as a stub resolver asks."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import dns.asyncquery
import dns.edns
import dns.exception
import dns.flags
import dns.message
from dns.edns import EDEOption
from dns.message import Message

from tests import server
from tests.asking import Address
from tests.serve import manifests
from tests.server import Server

WEB = "web.default.svc.cluster.local."
"""A name of the cluster, and its address."""
WEB_ADDRESS = "10.96.0.1"

RETRY_AFTER = 20.0
"""Seconds until it asks again: so late that only a lost datagram is the reason, not a busy machine."""
TRIES = 2


def external_name(name: str, target: str) -> str:
    """A Service that is another name."""
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{type: ExternalName, externalName: {target}}}
"""


@contextlib.asynccontextmanager
async def running(
    folder: Path, *arguments: str, names: Iterable[str] = (), port: int | None = None
) -> AsyncIterator[Server]:
    """The server with Service `web` and those of `names`."""
    cluster = _write(folder, names)
    async with server.running(folder, "--manifests", str(cluster), *arguments, port=port) as result:
        yield result


def _write(folder: Path, names: Iterable[str]) -> Path:
    folder.mkdir(exist_ok=True)
    return manifests.folder(folder / "manifests", web=manifests.WEB, names="---".join(names))


def forward(*ports: int, suffix: str = "") -> list[str]:
    """The arguments for upstreams at these ports."""
    to = (f"{suffix}{'=' if suffix else ''}127.0.0.1:{port}" for port in ports)
    return [argument for upstream in to for argument in ("--forward", upstream)]


async def ask(
    at: Address, name: str, rrtype: str = "A", *, tcp: bool = False, do: bool = False, cd: bool = False
) -> Message:
    """The reply, asked for again as a stub resolver does; over TCP where it was cut."""
    query = dns.message.make_query(name, rrtype, use_edns=0, payload=1232, want_dnssec=do)
    query.flags |= dns.flags.CD if cd else 0
    for _ in range(TRIES):
        with contextlib.suppress(dns.exception.Timeout):
            if not tcp:
                result = await dns.asyncquery.udp(query, at[0], timeout=RETRY_AFTER, port=at[1])
                if not result.flags & dns.flags.TC:
                    return result
            return await dns.asyncquery.tcp(query, at[0], timeout=RETRY_AFTER, port=at[1])

    raise TimeoutError(f"{name} {rrtype}: no reply after {TRIES} tries")


def said(message: Message) -> str:
    """The rcode unless it is NOERROR, and the answer's records as `TYPE rdata`, those of a set sorted."""
    rcode = message.rcode().name
    result = [f"{rrset.rdtype.name} {rdata}" for rrset in message.answer for rdata in sorted(map(str, rrset))]
    return " | ".join([*([rcode] if rcode != "NOERROR" else []), *result])


def ttls(message: Message) -> list[int]:
    """Of the answer's sets."""
    return [rrset.ttl for rrset in message.answer]


def extended_errors(message: Message) -> list[tuple[int, str]]:
    """Codes and texts (RFC 8914)."""
    result = (option for option in message.options if isinstance(option, EDEOption))
    return [(int(option.code), option.text or "") for option in result]
