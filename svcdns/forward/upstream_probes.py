"""Questions of our own: whether an upstream lives, leads back to this server, and says what the others say.

Each is asked at the suffix that the upstream is for. What an upstream says to a user's question is
worth more than any of these: only one that is down, new or left out is probed at all.
"""

import asyncio
import secrets
from collections.abc import Sequence

from msgspec import Struct

from svcdns.dns.answer import loop_probe
from svcdns.dns.wire import mnemonics, names, records
from svcdns.dns.wire.response import Response
from svcdns.errors import DomainNameError
from svcdns.forward.options import Upstream
from svcdns.forward.questions import Question
from svcdns.forward.upstream_client import UpstreamClient, UpstreamError


class ProbeResult(Struct, frozen=True, order=True):
    """What an upstream said to the question that all of a route are asked."""

    rcode: int
    has_answer: bool

    def __str__(self) -> str:
        rcode = mnemonics.rcode_text(self.rcode)
        return rcode if self.rcode else f"{rcode} {'with' if self.has_answer else 'without'} an answer"


def probe_question(suffix: bytes) -> Question:
    """What every upstream for the suffix can answer: the root's servers, or the zone's SOA."""
    return Question(suffix, records.NS if suffix == names.ROOT else records.SOA, False, False)


class Prober:
    """Asks through a client; each question may take `timeout` seconds."""

    def __init__(self, client: UpstreamClient, loop_key: bytes, timeout: float) -> None:
        self._client = client
        self._loop_key = loop_key
        self._timeout = timeout

    async def probe(
        self, upstream: Upstream, suffix: bytes, timeout: float | None = None
    ) -> ProbeResult | None:
        """What it says to the usual question; None where it gives no answer in time."""
        response = await self._exchange(upstream, probe_question(suffix), timeout)
        return ProbeResult(response.rcode, bool(response.sections.answer)) if response else None

    async def find_disagreement(self, upstreams: Sequence[Upstream], suffix: bytes) -> str:
        """Who says what to the usual question, where they do not all say the same; empty where they do."""
        if len(upstreams) < 2:
            return ""

        results = await asyncio.gather(*(self.probe(upstream, suffix) for upstream in upstreams))
        return describe_disagreement(list(zip(upstreams, results, strict=True)), suffix)

    async def detect_loop(self, upstream: Upstream, suffix: bytes, probe_count: int) -> bool | None:
        """Whether one of `probe_count` loop probes came back to this server; None where some had no answer.

        CD is set, so that one on the way that checks signatures lets our answer through.
        """
        try:
            # A new name each time, so that no cache on the way can answer.
            nonces = [secrets.token_bytes(loop_probe.NONCE_SIZE) for _ in range(probe_count)]
            probes = [loop_probe.probe_name(self._loop_key, nonce, suffix) for nonce in nonces]
        except DomainNameError:  # the suffix leaves no room for a probe below it
            return False

        questions = [Question(name, records.TXT, True, False) for name in probes]
        responses = await asyncio.gather(*(self._exchange(upstream, question) for question in questions))
        # One that came back proves the loop, even if others had no answer.
        if any(_is_loop_answer(response) for response in responses if response):
            return True
        return None if None in responses else False

    async def _exchange(
        self, upstream: Upstream, question: Question, timeout: float | None = None
    ) -> Response | None:
        try:
            return await self._client.exchange(upstream, question, timeout or self._timeout)
        except UpstreamError:
            return None


def describe_disagreement(results: Sequence[tuple[Upstream, ProbeResult | None]], suffix: bytes) -> str:
    """As `Prober.find_disagreement`, of results; upstreams without one take no part."""
    opinions = [(upstream, opinion) for upstream, opinion in results if opinion is not None]
    # Silence is no opinion: health has its own checks.
    if len({opinion for _, opinion in opinions}) < 2:
        return ""

    views = ", ".join(f"{upstream} says {opinion}" for upstream, opinion in opinions)
    rrtype = "NS" if suffix == names.ROOT else "SOA"
    return f"upstreams that should be alike answer {names.to_text(suffix)} {rrtype} differently: {views}"


def _is_loop_answer(response: Response) -> bool:
    return any(
        record.type == records.TXT and record.rdata == loop_probe.ANSWER_RDATA
        for record in response.sections.answer
    )
