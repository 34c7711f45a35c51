"""What a reply says, each part as text."""

from msgspec import Struct


class QuestionText(Struct, frozen=True):
    """What was asked."""

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
    """The OPT record (RFC 6891); `errors` are extended errors, `options` the others as number and hex."""

    version: int
    do: bool
    size: int
    errors: tuple[str, ...]
    options: tuple[tuple[int, str], ...]


class ReplyText(Struct, frozen=True):
    """A message; the OPT record is in `edns` only, and its part of the rcode in `rcode`."""

    id: int
    opcode: str
    rcode: str
    flags: tuple[str, ...]
    questions: tuple[QuestionText, ...]
    answer: tuple[RecordText, ...]
    authority: tuple[RecordText, ...]
    additional: tuple[RecordText, ...]
    edns: EdnsText | None
