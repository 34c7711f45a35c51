"""The hot path: a query that the table can answer, to its reply, as bytes.

`None` means "not mine": the slow path (`query`) decides. What is answered here has the one usual
header, one question of class IN, at most an OPT, and its answer or its absence is in the table and
fits. Nothing is parsed that can be compared instead: a name that equals a key is a valid name.
"""

from svcdns.dns import answers, wire
from svcdns.dns.view import View, ZoneKind

_IN = b"\0\1"
_OPT = b"\0\0\x29"
_FIRST_META_TYPE = 249
"""TKEY to ANY: questions about the server or about many types (RFC 6895 3.1)."""


def respond(view: View, packet: bytes, stream: bool) -> bytes | None:
    """The whole reply, or None for the slow path; `stream` is TCP, with its size limit.

    A reply is kept for as long as the table stays as it is: the same question, but for its id, has
    the same one.
    """
    kept = view.replies.get(packet[2:])
    if kept is not None:
        return packet[:2] + kept
    head = view.heads.get(packet[2:12])
    if head is None:
        return None
    end = packet.find(0, 12) + 1
    question_end = end + 4
    if packet[end + 2 : question_end] != _IN:
        return None
    limit, do = wire.PLAIN_SIZE, -1
    if head.edns:
        if packet[question_end : question_end + 3] != _OPT or not _options_fit(packet, question_end + 9):
            return None
        if packet[question_end + 6]:
            return None
        limit = packet[question_end + 3] << 8 | packet[question_end + 4]
        limit = 512 if limit < 512 else wire.UDP_SIZE if limit > wire.UDP_SIZE else limit
        do = packet[question_end + 7] >> 7
    elif len(packet) != question_end:
        return None

    name = packet[12:end].lower()
    value = view.get(name + packet[end : end + 2])
    if value is None:
        reply = _absent(view, packet, name, head, question_end, do)
        if reply is None:
            return None
        kind = answers.PLAIN
    else:
        kind = value[0]
        if kind == answers.PLAIN:
            body = value[answers.HEADER :]
        elif kind == answers.SHUFFLE:
            body = view.shuffle(value, answers.HEADER, value[2] << 8 | value[3], value[1])
        else:
            return None
        question = packet[12:question_end]
        if do < 0:
            reply = b"".join((packet[:2], head.answered, _IN, value[2:8], question, body))
        else:
            reply = b"".join((packet[:2], head.answered, _IN, value[8:14], question, body, view.opt[do]))
    if len(reply) > limit:
        return reply if stream and len(reply) <= wire.TCP_SIZE else None
    if kind == answers.PLAIN:
        view.keep(packet, reply)
    return reply


def _options_fit(packet: bytes, at: int) -> bool:
    """The OPT's length and those of its options lead exactly to the packet's end."""
    size = len(packet)
    if size < at + 2:
        return False
    end = at + 2 + (packet[at] << 8 | packet[at + 1])
    at += 2
    while at + 4 <= end <= size:
        at += 4 + (packet[at + 2] << 8 | packet[at + 3])
    return at == end == size


def _absent(
    view: View, packet: bytes, name: bytes, head: wire.Head, question_end: int, do: int
) -> bytes | None:
    """NODATA where the name exists (RFC 2308 2.2), NXDOMAIN where its zone is whole and lacks it."""
    if packet[question_end - 4] == 0 and packet[question_end - 3] >= _FIRST_META_TYPE:
        return None
    node = view.get(name)
    if node is None:
        zone = _whole_zone(view, name)
        if zone < 0:
            return None
        flags, opts = head.nxdomain, view.opt_nxdomain
    elif node[0] & answers.IS_ALIAS:
        return None
    else:
        zone, flags, opts = answers.node_zone(node), head.answered, view.opt
    soa = view.negative(zone, len(name))
    question = packet[12:question_end]
    if do < 0:
        return b"".join((packet[:2], flags, b"\0\1\0\0\0\1\0\0", question, soa))
    return b"".join((packet[:2], flags, b"\0\1\0\0\0\1\0\1", question, soa, opts[do]))


def _whole_zone(view: View, name: bytes) -> int:
    """The number of the whole zone that a valid name lies in, or -1."""
    last = len(name) - 1
    if not 0 <= last < 255:
        return -1
    at, zones, found = 0, view.zones, None
    while at < last:
        if name[at] > 63:
            return -1
        if found is None:
            found = zones.get(name[at:])
        at += name[at] + 1
    if at != last or found is None or found.kind != ZoneKind.WHOLE:
        return -1
    return found.apex
