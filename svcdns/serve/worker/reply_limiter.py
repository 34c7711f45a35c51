"""Applies response rate limiting to a worker's replies over UDP; without a limit, there is none of it.

query, reply, client -- exempt network or valid cookie --------------> the reply
                     -- RateLimiter: send | slip | drop --slip: cookie -> BADCOOKIE
                                                              error  -> the error
                                                              else   -> TC, and nothing else
"""

import logging
from collections.abc import Callable, Sequence

from svcdns.dns.answer import cookie_path, query_cookies
from svcdns.dns.answer.view import View
from svcdns.dns.clients import reply_accounts
from svcdns.dns.clients.rate_limiter import RateLimiter
from svcdns.dns.table import node_format
from svcdns.dns.table.table_meta import ZoneKind
from svcdns.dns.wire import messages, query_parser, records
from svcdns.dns.wire.messages import Query, Sections
from svcdns.serve.worker.service import ClientAddress
from svcdns.serve.worker.traffic import Outcome
from svcdns.stats.worker_counters import LIMITED_ACTIONS
from svcdns.table import damage

log = logging.getLogger("svcdns.worker")

_COOKIE_CODE = messages.COOKIE_OPTION.to_bytes(2, "big")


class ReplyLimiter:
    """The limiter of one worker, with what it has to know of the table and of cookies."""

    def __init__(self, limiter: RateLimiter, view: View, clock: Callable[[], float]) -> None:
        """`clock` returns seconds, of a clock that only goes forward."""
        self._limiter = limiter
        self._view = view
        self._clock = clock
        self.counts = dict.fromkeys(LIMITED_ACTIONS, 0)
        """Replies beyond the limit, by what was done with them."""

    def limited_networks(self) -> list[str]:
        """The networks that are limited now."""
        return self._limiter.limited_networks(self._clock())

    def limit_batch(
        self, packets: Sequence[bytes], outcomes: Sequence[Outcome], client_at: ClientAddress
    ) -> list[Outcome]:
        """The outcomes that are left; to be called within the transaction that they are from."""
        now = self._clock()
        return [
            self._limit_safely(packet, outcome, client_at(i), now) if isinstance(outcome, bytes) else outcome
            for i, (packet, outcome) in enumerate(zip(packets, outcomes, strict=True))
        ]

    def limit_reply(self, packet: bytes, reply: bytes, client: bytes) -> bytes | None:
        """The reply to send in place of this one; None: nothing. Within a transaction, as above."""
        return self._limit_safely(packet, reply, client, self._clock())

    def _limit_safely(self, packet: bytes, reply: bytes, client: bytes, now: float) -> bytes | None:
        try:
            return self._limit(packet, reply, client, now)
        except damage.DamageError:  # of the table: no answer from it counts
            raise
        except Exception:  # a bug must cost one answer, not its batch
            log.exception(
                "no limit for the reply to %d bytes without id: %s", len(packet), packet[:512].hex()
            )
            return None

    def _limit(self, packet: bytes, reply: bytes, client: bytes, now: float) -> bytes | None:
        if self._limiter.is_exempt(client) or self._is_valid(_read_cookie(packet), client):
            return reply

        account = reply_accounts.account_of(packet, reply, self._find_wildcard_zone)
        verdict = self._limiter.judge(client, account, now)
        if verdict == "send":
            return reply

        if verdict == "drop":
            return self._count("dropped", None)

        query = self._parse(packet, client)
        if query is None or account == reply_accounts.ERRORS:
            return self._count("error", reply)
        if query.reply_cookie:
            return self._count("badcookie", _empty_reply(query, reply, records.BADCOOKIE, 0))
        return self._count("truncated", _empty_reply(query, reply, records.NOERROR, messages.TC))

    def _count(self, action: str, reply: bytes | None) -> bytes | None:
        self.counts[action] += 1
        return reply

    def _is_valid(self, cookie: bytes, client: bytes) -> bool:
        cookies = self._view.context.cookies
        return bool(cookie) and cookies is not None and cookies.is_valid(cookie, client)

    def _parse(self, packet: bytes, client: bytes) -> Query | None:
        """The query, with the cookie for its reply; None where it is none of a usual kind."""
        try:
            return query_cookies.parse_query(self._view, packet, client)
        except messages.FormatError:
            return None

    def _find_wildcard_zone(self, name: bytes) -> bytes | None:
        """The zone whose wildcard or rule makes this name's answers; None where the table has the name."""
        # What rewriting or hosts answer is told apart by its name.
        zone = self._view.find_zone(name)
        if zone.kind is ZoneKind.FILE and self._view.get(node_format.FILE_ZONE_PREFIX + name) is None:
            return zone.name
        return zone.name if zone.kind is ZoneKind.SPELLED_ADDRESSES else None


def _read_cookie(packet: bytes) -> bytes:
    """The query's cookie; empty without one, or where the query is malformed."""
    cookie = cookie_path.usual_cookie(packet)
    if cookie or _COOKIE_CODE not in packet:
        return cookie

    # Beside other options; or the bytes mean something else.
    try:
        edns = query_parser.parse_query(packet).edns
    except messages.FormatError:
        return b""
    return edns.cookie if edns is not None else b""


def _empty_reply(query: Query, reply: bytes, rcode: int, flags: int) -> bytes:
    """A reply with the question alone, which is no longer than the query, but for a cookie."""
    is_recursive = int.from_bytes(reply[:2], "big") & messages.RA
    limit = messages.reply_limit(query.edns, is_stream=False)
    return messages.encode_reply(query, flags | is_recursive, rcode, Sections(), limit)
