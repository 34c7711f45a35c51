"""REFUSED, and the extended error of the AAAA filter: each says why."""

import dns.rcode
import pytest
from dns.edns import EDEOption
from dns.message import Message

from svcdns.dns.answer import refusal
from svcdns.dns.answer.block_rules import Rules
from svcdns.dns.wire import messages, names, query_parser
from svcdns.dns.wire.messages import ExtendedError
from tests.dns import asked
from tests.dns.outside import make
from tests.dns.tables import FakeUpstreams


def errors(message: Message) -> list[tuple[int, str]]:
    return [
        (int(option.code), option.text or "") for option in message.options if isinstance(option, EDEOption)
    ]


@pytest.mark.parametrize(
    "reason",
    [
        refusal.NO_TRANSFER,
        refusal.NO_CLASS,
        refusal.NO_CHAOS,
        refusal.NO_UPSTREAM,
        refusal.NO_RECURSION,
    ],
)
def test_a_refusal_has_its_reason_where_edns_was_used(reason: ExtendedError) -> None:
    for additional in ((), (asked.opt(),)):
        query = query_parser.parse_query(asked.packet("www.example.com.", additional=additional)[2:])
        message = asked.read(b"\0\1" + refusal.encode_refusal(query, messages.RA, 512, reason))
        assert message.rcode() == dns.rcode.REFUSED and not message.answer
        assert errors(message) == [reason] * bool(additional)


def test_the_aaaa_filter_says_that_it_is_the_reason() -> None:
    rules = Rules(filter_aaaa=(names.from_text("corp.internal."), names.from_text("example.com.")))
    at = make(upstreams=FakeUpstreams(), rules=rules)
    for name in ("www.corp.internal.", "www.example.com."):
        message = asked.ask(at, name, "AAAA", additional=(asked.opt(),))
        assert message.rcode() == dns.rcode.NOERROR
        ((code, text),) = errors(message)
        assert code == messages.PROHIBITED and "filter_aaaa" in text
    message = asked.ask(at, "nope.corp.internal.", "AAAA", additional=(asked.opt(),))
    assert (message.rcode(), errors(message)) == (dns.rcode.NXDOMAIN, []), "no name, and so no filter"
