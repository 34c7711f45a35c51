"""Questions of our own: whether an upstream lives, leads back to this server, and says what the others say.

Each is asked at the suffix that the upstream is for. What an upstream says to a user's question is
worth more than any of these: only one that is down, new or left out is probed at all.
"""

import asyncio
import secrets
from collections.abc import Sequence

from msgspec import Struct

from svcdns.dns import loop, mnemonics, names, records
from svcdns.dns.response import Response
from svcdns.errors import DomainNameError
from svcdns.forward.exchange import Exchange, UpstreamError
from svcdns.forward.options import Upstream
from svcdns.forward.question import Question


class Opinion(Struct, frozen=True, order=True):
    """What an upstream said to the question that all of a route are asked."""

    rcode: int
    has_answer: bool

    def __str__(self) -> str:
        rcode = mnemonics.rcode(self.rcode)
        return rcode if self.rcode else f"{rcode} {'with' if self.has_answer else 'without'} an answer"


def usual(suffix: bytes) -> Question:
    """What every upstream for the suffix can answer: the root's servers, or the zone's SOA."""
    return Question(suffix, records.NS if suffix == names.ROOT else records.SOA, False, False)


class Prober:
    """Asks through the exchange, each question at most `seconds`."""

    def __init__(self, exchange: Exchange, loop_key: bytes, seconds: float) -> None:
        self._exchange = exchange
        self._key = loop_key
        self._seconds = seconds

    async def opinion(self, upstream: Upstream, suffix: bytes) -> Opinion | None:
        """What it says to the usual question; None where it gives no answer."""
        found = await self._ask(upstream, usual(suffix))
        return Opinion(found.rcode, bool(found.sections.answer)) if found else None

    async def disagreement(self, upstreams: Sequence[Upstream], suffix: bytes) -> str:
        """Who says what to the usual question, where they do not all say the same; empty where they do."""
        if len(upstreams) < 2:
            return ""
        said = await asyncio.gather(*(self.opinion(upstream, suffix) for upstream in upstreams))
        return disagreement(list(zip(upstreams, said, strict=True)), suffix)

    async def leads_back(self, upstream: Upstream, suffix: bytes, count: int) -> bool | None:
        """Whether one of `count` loop probes came back to this server; None where some had no answer.

        CD is set, so that one on the way that checks signatures lets our answer through.
        """
        try:
            nonces = [secrets.token_bytes(loop.NONCE) for _ in range(count)]
            probes = [loop.probe_name(self._key, nonce, suffix) for nonce in nonces]
        except DomainNameError:  # the suffix leaves no room for a probe below it
            return False
        questions = [Question(name, records.TXT, True, False) for name in probes]
        found = await asyncio.gather(*(self._ask(upstream, question) for question in questions))
        if any(_is_ours(one) for one in found if one):
            return True
        return None if None in found else False

    async def _ask(self, upstream: Upstream, question: Question) -> Response | None:
        try:
            return await self._exchange.ask(upstream, question, self._seconds)
        except UpstreamError:
            return None


def disagreement(said: Sequence[tuple[Upstream, Opinion | None]], suffix: bytes) -> str:
    """As Prober.disagreement, of what was said; who said nothing takes no part."""
    opinions = [(upstream, opinion) for upstream, opinion in said if opinion is not None]
    if len({opinion for _, opinion in opinions}) < 2:
        return ""
    told = ", ".join(f"{upstream} says {opinion}" for upstream, opinion in opinions)
    asked = "NS" if suffix == names.ROOT else "SOA"
    return f"upstreams that should be alike answer {names.to_text(suffix)} {asked} differently: {told}"


def _is_ours(found: Response) -> bool:
    return any(record.type == records.TXT and record.rdata == loop.ANSWER for record in found.sections.answer)
