"""What an answer should be, and what an upstream says."""

from collections.abc import Callable
from dataclasses import dataclass

from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tests.oracle.records import Record

Records = frozenset[Record]
NOTHING: Records = frozenset()


@dataclass(frozen=True, slots=True)
class Reply:
    """What an upstream says: its rcode, and the records of answer and authority."""

    rcode: Rcode
    answer: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()


Upstream = Callable[[Name, RdataType], Reply]


@dataclass(frozen=True, slots=True)
class Expected:
    """The answer wanted; None in a field: not compared.

    `partial`: the answer section holds at least `answer`. `choices`: the answer section is one of
    these (ANY, RFC 8482); `answer` is then the first.
    """

    rcode: Rcode
    aa: bool | None = True
    answer: Records = NOTHING
    authority: Records | None = NOTHING
    additional: Records | None = NOTHING
    partial: bool = False
    choices: tuple[Records, ...] = ()
