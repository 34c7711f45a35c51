"""A reply, each part as text: the form between reading it and printing it."""

from msgspec import Struct


class QuestionText(Struct, frozen=True):
    """An entry of the question section."""

    name: str
    rrclass: str
    type: str


class RecordText(Struct, frozen=True):
    """One record in the presentation format (RFC 1035 5.1)."""

    owner: str
    ttl: int
    rrclass: str
    type: str
    rdata: str


class EdnsText(Struct, frozen=True):
    """The OPT record (RFC 6891)."""

    version: int
    do: bool
    size: int
    """Bytes that the server takes over UDP."""
    errors: tuple[str, ...]
    """Extended DNS Errors (RFC 8914)."""
    options: tuple[tuple[int, str], ...]
    """All other options: the number, and the value in hex."""


class ReplyText(Struct, frozen=True):
    """A message.

    The OPT record is in `edns` and not in `additional`; `rcode` has the upper bits that OPT carries.
    """

    id: int
    opcode: str
    rcode: str
    flags: tuple[str, ...]
    questions: tuple[QuestionText, ...]
    answer: tuple[RecordText, ...]
    authority: tuple[RecordText, ...]
    additional: tuple[RecordText, ...]
    edns: EdnsText | None
