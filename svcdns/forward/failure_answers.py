"""What a client gets where no upstream gave a usable answer: an rcode, and the reasons (RFC 8914). Pure."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import ExtendedError, Sections
from svcdns.dns.wire.response import Response
from svcdns.forward.options import Upstream
from svcdns.forward.questions import UpstreamAnswer

MAX_ERROR_CHARS = 180
"""The longest text of an extended error: a reply over UDP has to have room for several."""


class FailedAttempt(Struct, frozen=True):
    """One attempt at an upstream that brought no usable answer."""

    reason: str
    """The reason, to stand behind the upstream's address."""
    is_unanswered: bool = False
    """No response came at all."""
    is_refused: bool = False
    """Nothing listens at the upstream's port."""
    rcode: int = 0
    """The rcode that the upstream gave and the client may get, or 0."""
    extended_errors: tuple[ExtendedError, ...] = ()
    """What the upstream said of its answer."""
    part: UpstreamAnswer | None = None
    """A part of an answer, better than nothing."""


def attribute_errors(upstream: Upstream, response: Response) -> tuple[ExtendedError, ...]:
    """The extended errors of a response, with the upstream that they come from (RFC 8914 2)."""
    return tuple(
        # `removesuffix`: many errors have a code alone, and no text behind the colon.
        (code, _shorten(f"{upstream}: {text}".removesuffix(": ")))
        for code, text in response.extended_errors
    )


def from_attempts(attempts: Mapping[Upstream, FailedAttempt]) -> UpstreamAnswer:
    """A part of an answer, the rcode of an upstream (SERVFAIL before REFUSED) or our SERVFAIL, in this order.

    The text names all upstreams.
    """
    text = "; ".join(f"{upstream}: {attempt.reason}" for upstream, attempt in attempts.items())

    part = next((attempt.part for attempt in attempts.values() if attempt.part is not None), None)
    if part is not None:
        errors = (*part.extended_errors, (messages.NETWORK_ERROR, _shorten(text)))
        return replace(part, extended_errors=errors, failure_reason="no_answer")

    # rcode 0 is NOERROR, which is no failure, so 0 can mean that none came.
    with_rcode = [attempt for attempt in attempts.values() if attempt.rcode]
    if not with_rcode:
        # NETWORK_ERROR: the network has said that nothing listens. Silence may have other causes.
        is_refused = all(attempt.is_refused for attempt in attempts.values())
        return servfail(text, messages.NETWORK_ERROR if is_refused else messages.NO_REACHABLE_AUTHORITY)

    # Clients try another server after SERVFAIL; REFUSED may mean the question itself.
    chosen = next((attempt for attempt in with_rcode if attempt.rcode == records.SERVFAIL), with_rcode[-1])
    errors = (*chosen.extended_errors, (messages.NETWORK_ERROR, _shorten(text)))
    return UpstreamAnswer(chosen.rcode, Sections(), extended_errors=errors)


def servfail(text: str, info_code: int = messages.NO_REACHABLE_AUTHORITY) -> UpstreamAnswer:
    """SERVFAIL with this reason."""
    return UpstreamAnswer(
        records.SERVFAIL,
        Sections(),
        extended_errors=((info_code, _shorten(text)),),
        failure_reason="no_answer",
    )


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_ERROR_CHARS else f"{text[: MAX_ERROR_CHARS - 3]}..."
