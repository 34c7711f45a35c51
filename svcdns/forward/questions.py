"""What is asked of an upstream, and what came of it."""

from typing import Literal, TypeAlias

from msgspec import Struct

from svcdns.dns.wire import messages
from svcdns.dns.wire.messages import ExtendedError, Sections
from svcdns.dns.wire.response import Response


class Question(Struct, frozen=True):
    """Equal questions share one answer; `name` is the folded wire name, the class IN.

    CD and DO are part of it: an answer for one who checks signatures himself is none for others
    (CVE-2024-0874). Whether an upstream has checked them (AD) is asked for in any case, so that one
    answer is for those who want to know it (RFC 6840 5.7) and for all others.
    """

    name: bytes
    type: int
    checking_disabled: bool
    dnssec_ok: bool

    @property
    def cache_key(self) -> bytes:
        """What a cache keeps its answer under."""
        return cache_key(
            self.name + self.type.to_bytes(2, "big"), messages.CD * self.checking_disabled, self.dnssec_ok
        )

    @property
    def wire_section(self) -> bytes:
        """The question section."""
        return self.name + messages.QUESTION_FIELDS.pack(self.type, 1)

    def encode(self, query_id: int, has_edns: bool = True) -> bytes:
        """The query that asks it."""
        # AD in a query asks for AD in the answer, without the signatures that DO would bring (RFC 6840 5.7).
        flags = messages.RD | messages.AD | (messages.CD if self.checking_disabled else 0)
        head = messages.HEADER_FIELDS.pack(query_id, flags, 1, 0, 0, int(has_edns))
        return head + self.wire_section + (messages.encode_opt(self.dnssec_ok) if has_edns else b"")


class UpstreamQuery(Struct, frozen=True):
    """How a question is sent: its name in whatever case, with an OPT record or without."""

    question: Question
    has_edns: bool

    def encode(self, query_id: int) -> bytes:
        """The message."""
        return self.question.encode(query_id, self.has_edns)

    def is_answered_by(self, response: Response) -> bool:
        """Whether it is a response to this question, in whatever case; errors may come without one."""
        # The last four bytes are type and class; they have no case, and their bytes may look like letters.
        return response.question in (b"", self.question.name.lower() + self.question.wire_section[-4:])


class QueryAnswer(Struct, frozen=True):
    """A response, and which of the queries that ask one question it answers."""

    response: Response
    query: UpstreamQuery


def cache_key(name_and_type: bytes, flags: int, dnssec_ok: bool | int) -> bytes:
    """As `Question.cache_key`, from a query's flags and whether its DO bit is set."""
    # `== 1`: on the hot path, -1 stands for a query without an OPT record.
    return name_and_type + (b"\1" if dnssec_ok == 1 else b"\0") + (b"\1" if flags & messages.CD else b"\0")


FailureReason: TypeAlias = Literal["no_answer", "too_many"]
"""No upstream gave an answer of use, or too many questions wait already; as metrics have it."""


class UpstreamAnswer(Struct, frozen=True):
    """What an upstream said, or the reason why none did; `extended_errors` are those of RFC 8914."""

    rcode: int
    sections: Sections
    is_authentic: bool = False
    extended_errors: tuple[ExtendedError, ...] = ()
    failure_reason: FailureReason | None = None
    is_truncated: bool = False
    """The sections are a part of the answer, and the upstream gave no more: TC for clients, and no cache."""
