"""The fuzz targets; the docstring of each is its invariant."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import cast

import dns.exception
import dns.message
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from svcdns import errors
from svcdns.dns.answer import zone_lookup
from svcdns.dns.clients import server_cookies
from svcdns.dns.clients.rate_limit_options import RateLimitOptions
from svcdns.dns.clients.rate_limiter import RateLimiter
from svcdns.dns.wire import messages, names, query_parser
from svcdns.kube import objects, ready_endpoints
from svcdns.kube.objects import Change
from svcdns.serve.worker import tcp
from svcdns.serve.worker.client_connections import ClientConnections, ClientLimits
from svcdns.serve.worker.reply_limiter import ReplyLimiter
from tests.dns import asked
from tests.fuzz import inputs, world
from tests.fuzz.linked_cluster import LinkedCluster
from tests.fuzz.memory_table import MemoryTable
from tests.oracle import Options
from tests.sources import zonefiles

tried: Counter[str] = Counter()
"""Inputs by target."""


@given(inputs.PACKETS, st.booleans())
def packet(data: bytes, stream: bool) -> None:
    """Any packet gets no reply or one that parses, is a response to it, and is as small as it must be."""
    tried["packet"] += 1
    state = world.served_caches()
    fast = asked.fast(state, data, stream)
    slow = asked.slow(state, data, stream)
    for reply in (fast, slow):
        if isinstance(reply, bytes):
            assert len(data) >= 12 and not data[2] & 0x80, "a response is never answered"
            assert reply[:2] == data[:2] and reply[2] & 0x80
            assert len(reply) <= (messages.MAX_TCP_SIZE if stream else _allowed(data)), (
                "larger than the query allows"
            )
            dns.message.from_wire(reply, one_rr_per_rrset=True)
    if fast is not None:
        assert isinstance(slow, bytes)
        assert fast[2:12] == slow[2:12], "the fast path and the slow path disagree"


@given(inputs.PACKETS)
def limited(data: bytes) -> None:
    """Beyond the limit, any packet has a reply that parses, and is hardly longer than the packet."""
    tried["limited"] += 1
    caches = world.served_caches()
    reply = asked.without_id(caches, data[2:], stream=False)
    if not isinstance(reply, bytes):
        return

    options = RateLimitOptions(rate=1, slip=1)
    limiter = ReplyLimiter(RateLimiter(options), caches.view, lambda: 0.0)
    assert limiter.limit_reply(data[2:], reply, asked.CLIENT) == reply
    instead = limiter.limit_reply(data[2:], reply, asked.CLIENT)
    assert instead is not None, "slip is 1"
    dns.message.from_wire(data[:2] + instead, one_rr_per_rrset=True)
    if instead != reply:
        assert len(instead) + messages.ID_SIZE <= len(data) + server_cookies.OPTION_SIZE


def _allowed(data: bytes) -> int:
    try:
        question = query_parser.parse_query(data[2:])
    except messages.FormatError:
        return 12
    return min(max(question.edns.udp_size, 512), messages.MAX_UDP_SIZE) if question.edns else 512


@given(
    st.lists(inputs.PACKETS, max_size=5), st.lists(st.integers(0, 700), max_size=12), st.binary(max_size=3)
)
def framing(framed: list[bytes], cuts: list[int], tail: bytes) -> None:
    """However a TCP stream is cut, the replies are those of its whole messages, in order, and no more."""
    tried["framing"] += 1
    stream = b"".join(len(m).to_bytes(2, "big") + m for m in framed) + tail
    service = world.Served()
    whole = _replies(service, [stream])
    pieces, at = [], 0
    for cut in sorted(cuts):
        if at < cut < len(stream):
            pieces.append(stream[at:cut])
            at = cut
    assert _replies(service, [*pieces, stream[at:]]) == whole


def _replies(service: world.Served, pieces: list[bytes]) -> bytes:
    return asyncio.run(_feed(service, pieces))


async def _feed(service: world.Served, pieces: list[bytes]) -> bytes:
    connections = ClientConnections(asyncio.get_running_loop(), service, ClientLimits())
    transport = world.Transport()
    connection = tcp.TcpConnection(connections)
    connection.connection_made(cast(asyncio.BaseTransport, transport))
    for piece in pieces:
        connection.data_received(piece)
        for _ in range(3):  # the connection may take its turns
            await asyncio.sleep(0)
    connection.connection_lost(None)
    return bytes(transport.written)


@given(st.text(max_size=300), inputs.wire_names())
def name(text: str, wire_name: bytes) -> None:
    """Any text is a valid wire name or a DomainNameError, and any wire name survives its own text."""
    tried["name"] += 1
    with contextlib.suppress(errors.DomainNameError):
        made = names.from_text(text)
        assert len(made) <= 255 and made.endswith(b"\0")
    assert names.from_text(names.to_text(wire_name)) == wire_name


@given(st.lists(inputs.api_objects(), max_size=6))
def api_object(documents: list[tuple[str, dict[str, object]]]) -> None:
    """Any objects either do not decode, or become answers; and removing them removes every name again."""
    tried["api_object"] += 1
    asyncio.run(_apply(documents))


async def _apply(documents: list[tuple[str, dict[str, object]]]) -> None:
    table = MemoryTable()
    cluster = LinkedCluster(Options(), table)
    cluster.list_all([])
    empty = table.answers()

    changes = []
    for kind, document in documents:
        with contextlib.suppress(msgspec.ValidationError):
            obj = objects.convert_object(cast(objects.Kind, kind), document)
            stored = ready_endpoints.to_stored(obj)
            changes.append(Change(cast(objects.Kind, kind), objects.key_of(obj), stored))
    cluster.watcher.push(changes)
    cluster.watcher.push([Change(change.kind, change.key, None) for change in changes])
    assert table.answers() == empty


@given(inputs.ZONE_FILES)
def zone_file(data: bytes) -> None:
    """Any bytes are a zone, each of whose names is answered, or have problems with their places."""
    tried["zone_file"] += 1
    for text in (data, zonefiles.APEX.encode() + data):
        found = zonefiles.judged(text, x_inc="$INCLUDE x.inc\nz A 192.0.2.1\n")
        assert (found.zone is None) == bool(found.errors)
        assert all(problem.file in ("x.zone", "x.inc") and problem.message for problem in found.errors)
        if found.zone is not None:
            entries, (told,) = zonefiles.table(found.zone)
            for owner in found.zone.rrsets:
                for below in (owner, names.prepend_label(b"x", owner) if len(owner) < 250 else owner):
                    outcome = zone_lookup.look_up_in_zone(entries.get, below, 255, told)
                    assert outcome.answer or outcome.authority


LINKED_WORLDS = "linked_worlds"
"""The target whose inputs are seeds of their own (`linked_worlds`), not hypothesis'."""

TARGETS: tuple[Callable[[], None], ...] = (
    packet,
    limited,
    framing,
    name,
    api_object,
    zone_file,
)
