"""The cookie of a query on the slow path: what its reply says to it (RFC 7873 5.2)."""

from msgspec.structs import replace

from svcdns.dns.answer.view import View
from svcdns.dns.clients.server_cookies import CLIENT_SIZE
from svcdns.dns.wire import messages, query_parser, records
from svcdns.dns.wire.messages import FormatError, Query

NO_QUESTION = b"\0\0"
"""A header's count of questions."""


def parse_query(view: View, packet: bytes, client: bytes) -> Query:
    """As `query_parser.parse_query`, with the cookie for the reply, which is made for this client."""
    query = query_parser.parse_query(packet)
    cookies = view.context.cookies
    if cookies is None or query.edns is None or not query.edns.cookie:
        return query
    return replace(query, reply_cookie=cookies.reply_option(query.edns.cookie, client))


def answer_without_question(view: View, packet: bytes, client: bytes) -> bytes:
    """The reply to a query without a question: a cookie, and whether the client's own is good (RFC 7873 5.4).

    Raises FormatError where the query has no cookie, or the server makes none.
    """
    edns = query_parser.parse_cookie_request(packet)
    cookies = view.context.cookies
    if cookies is None:
        raise FormatError("no question")

    is_good = len(edns.cookie) == CLIENT_SIZE or cookies.is_valid(edns.cookie, client)
    option = cookies.reply_option(edns.cookie, client)
    return messages.encode_cookie_reply(
        packet, edns, records.NOERROR if is_good else records.BADCOOKIE, option
    )
