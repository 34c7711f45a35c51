"""What is asked of an upstream, and what came of it."""

import struct

from msgspec import Struct

from svcdns.dns import wire
from svcdns.dns.wire import Sections


class Question(Struct, frozen=True):
    """Equal questions share one answer; `name` is the folded wire name.

    CD and DO are part of it: an answer for one who checks signatures himself is none for others.
    """

    name: bytes
    type: int
    checking_disabled: bool
    dnssec_ok: bool

    @property
    def wire(self) -> bytes:
        """The question section, of class IN."""
        return self.name + struct.pack("!HH", self.type, 1)

    def packet(self, ident: int, with_edns: bool = True) -> bytes:
        """The query that asks it."""
        flags = wire.RD | (wire.CD if self.checking_disabled else 0)
        head = struct.pack("!HHHHHH", ident, flags, 1, 0, 0, int(with_edns))
        return head + self.wire + (wire.opt(self.dnssec_ok) if with_edns else b"")


class Answer(Struct, frozen=True):
    """What an upstream said; `ede` is an extended error with its text where none did."""

    rcode: int
    sections: Sections
    authentic: bool = False
    ede: tuple[int, str] | None = None
