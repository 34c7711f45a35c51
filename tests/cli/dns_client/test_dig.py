"""A reply in dig's format: columns, sections and the lines at the end."""

from datetime import UTC, datetime

import pytest

from svcdns.cli.dns_client import dig
from svcdns.cli.dns_client.client_transport import ClientExchange
from svcdns.cli.dns_client.reply_text import EdnsText, QuestionText, RecordText, ReplyText
from svcdns.value_types import Address

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANSWER = RecordText("web.shop.", 30, "IN", "A", "10.96.0.1")
EDNS = EdnsText(0, True, 1232, ("15 (Blocked)",), ((10, "00ff"),))


def reply(*, edns: EdnsText | None = None, answer: tuple[RecordText, ...] = (ANSWER,)) -> ReplyText:
    """A reply to a question for web.shop."""
    questions = (QuestionText("web.shop.", "IN", "A"),)
    return ReplyText(7, "QUERY", "NOERROR", ("qr", "aa"), questions, answer, (), (), edns)


def render(message: ReplyText) -> list[str]:
    """The lines of a reply of 42 bytes over UDP."""
    exchange = ClientExchange(bytes(42), "UDP", 3)
    return dig.render_reply(message, exchange, Address("192.0.2.1", 53), NOW).splitlines()


def test_the_whole_output() -> None:
    assert render(reply()) == [
        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7",
        ";; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0",
        "",
        ";; QUESTION SECTION:",
        ";web.shop.\t\t\tIN\tA",
        "",
        ";; ANSWER SECTION:",
        "web.shop.\t\t30\tIN\tA\t10.96.0.1",
        "",
        ";; Query time: 3 msec",
        ";; SERVER: 192.0.2.1#53(192.0.2.1) (UDP)",
        ";; WHEN: Fri Jan 02 03:04:05 UTC 2026",
        ";; MSG SIZE  rcvd: 42",
    ]


def test_the_opt_record_has_a_section_of_its_own_and_counts_as_additional() -> None:
    lines = render(reply(edns=EDNS))
    assert lines[1].endswith("ADDITIONAL: 1")
    assert lines[3:7] == [
        ";; OPT PSEUDOSECTION:",
        "; EDNS: version: 0, flags: do; udp: 1232",
        "; EDE: 15 (Blocked)",
        "; OPT=10: 00ff",
    ]


@pytest.mark.parametrize("length", [1, 22, 23, 24, 25, 40])
def test_long_owners_are_followed_by_at_least_one_space(length: int) -> None:
    record = RecordText("n" * length, 30, "IN", "A", "10.96.0.1")
    (line,) = [line for line in render(reply(answer=(record,))) if line.startswith("n")]
    assert line.split() == ["n" * length, "30", "IN", "A", "10.96.0.1"]
    assert line.expandtabs().index("30") == max(24, length + 1)


def test_short_is_the_data_alone() -> None:
    assert dig.render_short(reply()) == "10.96.0.1\n"
