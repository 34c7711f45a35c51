"""The hot path for a query with a cookie (RFC 7873): as the same query without, with a cookie put in.

    query: ... OPT | length | 10 | 8 or 24 | cookie    the usual form: no other option, one of these sizes
           ... OPT | 0                                 what the caches know: the same for all clients
    reply: ... OPT | length | 10 | 24 | the client's own cookie | other options

The caches keep nothing that belongs to one client, so cookies cannot fill them. Queries with other
options beside the cookie take the slow path.
"""

from svcdns.dns.answer import fast_path
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.clients import server_cookies
from svcdns.dns.wire import messages
from svcdns.dns.wire.messages import HEADER_SIZE_WITHOUT_ID

_LENGTHS_SIZE = 6
"""Bytes before a cookie that has no other option beside it: RDLENGTH, and the option's code and length."""
_OPT_FIXED_SIZE = 9
"""Bytes of an OPT before its RDLENGTH."""
_FORMS = {
    1 + messages.QTYPE_QCLASS_SIZE + _OPT_FIXED_SIZE + _LENGTHS_SIZE + size: (
        (4 + size).to_bytes(2, "big") + messages.OPTION_FIELDS.pack(messages.COOKIE_OPTION, size),
        size,
    )
    for size in (server_cookies.CLIENT_SIZE, server_cookies.COOKIE_SIZE)
}
"""What stands before a cookie, and the cookie's size, by the bytes from the name's last one to the end."""

_OPT_START = messages.encode_opt(False)[:7]
"""How each of our OPT records begins: root, type, size, and zeros for the high rcode and the version."""
_PLAIN_OPTS = tuple(messages.OPT_RECORDS)
_LENGTH_OF_COOKIE = server_cookies.OPTION_SIZE.to_bytes(2, "big")


def answer_with_cookie(caches: FastPathCaches, query: bytes, client: bytes, is_stream: bool) -> bytes | None:
    """The whole reply; None where the query has no cookie of a usual form, or is not answered here.

    `client` is its address, as 4 or 16 bytes.
    """
    cookie = usual_cookie(query)
    if not cookie:
        return None

    plain_query = query[: -_LENGTHS_SIZE - len(cookie)] + b"\0\0"
    reply = fast_path.answer_fast(caches, plain_query, is_stream)
    cookies = caches.view.context.cookies
    if reply is None or cookies is None:
        return reply

    size = messages.ID_SIZE + len(reply) + server_cookies.OPTION_SIZE
    if size > messages.MAX_UDP_SIZE_WITHOUT_EDNS:
        # The OPT's class, behind its owner and type, is the client's UDP size (RFC 6891 6.1.2).
        udp_size = int.from_bytes(plain_query[-8:-6], "big")
        if size > (messages.MAX_TCP_SIZE if is_stream else messages.udp_reply_limit(udp_size)):
            return None
    return _add_option(reply, cookies.reply_option(cookie, client))


def usual_cookie(query: bytes) -> bytes:
    """The cookie that ends the query, if an OPT with no other option does; otherwise empty."""
    # The first zero byte ends a name. The caches know no name with one within a label, so that such a
    # query is answered elsewhere.
    form = _FORMS.get(len(query) - query.find(0, HEADER_SIZE_WITHOUT_ID))
    if form is None:
        return b""

    lengths, size = form
    return query[-size:] if query[-_LENGTHS_SIZE - size : -size] == lengths else b""


def _add_option(reply: bytes, option: bytes) -> bytes:
    """The reply with one option more in its OPT, which stands last."""
    if reply.endswith(_PLAIN_OPTS):
        return b"".join((reply[:-2], _LENGTH_OF_COOKIE, option))

    # From the end, the first place that looks like an OPT's start is one: its options are extended errors,
    # whose texts are UTF-8, which cannot have D0 00 (of the size, 1232) within.
    length_at = reply.rfind(_OPT_START) + _OPT_FIXED_SIZE
    length = int.from_bytes(reply[length_at : length_at + 2], "big") + len(option)
    return b"".join((reply[:length_at], length.to_bytes(2, "big"), option, reply[length_at + 2 :]))
