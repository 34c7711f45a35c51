"""Ask a server every question of the recording, and hold the answers against the lines."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import dns.message
import dns.name
import dns.rdatatype
from dns.message import Message

from tests import asking
from tests.compare import Difference, differences, expected_of
from tests.conformance import recording
from tests.oracle import Expected, Oracle
from tests.summary import Summary
from tests.upstream import recorded_upstream

ZONE = dns.name.from_text("cluster.local")


@dataclass(frozen=True, slots=True)
class Question:
    """One line's question as a query, every other one without EDNS, and the answer wanted."""

    query: Message
    expected: Expected
    as_recorded: bool

    @classmethod
    def of(cls, number: int, line: dict[str, Any], expected: Expected, as_recorded: bool) -> "Question":
        """The question of a line."""
        query = dns.message.make_query(
            line["name"], line["type"], use_edns=number % 2 == 0, payload=1232, id=number
        )
        return cls(query, expected, as_recorded)

    @property
    def limit(self) -> int:
        """The octets that an answer over UDP may have."""
        return 1232 if self.query.edns >= 0 else 512

    def short(self, answer: bytes) -> bool:
        """Whether the answer over UDP is cut, or has less glue than is wanted."""
        additional = int.from_bytes(answer[10:12]) - (self.query.edns >= 0)
        return bool(answer[2] & asking.TC) or additional < len(self.expected.additional or ())


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it; `unforwarded` counts the questions whose recorded answer needs the upstream."""

    summary: Summary
    unforwarded: int

    def __str__(self) -> str:
        without = f"{self.unforwarded} of them compared with the answer without an upstream"
        return f"{self.summary}\n({without})" if self.unforwarded else str(self.summary)


async def ask_all(server: asking.Address, *, forwards: bool) -> Result:
    """Every question over UDP, and over TCP what UDP cannot hold.

    Without `forwards` the server has no upstream.
    """
    questions = _questions(forwards)
    wires = [question.query.to_wire() for question in questions]
    answers = await asking.udp(server, wires)
    again = [n for n, answer in enumerate(answers) if answer is not None and questions[n].short(answer)]

    for number, whole in zip(again, await asking.tcp(server, [wires[n] for n in again]), strict=True):
        if len(whole) > questions[number].limit:
            answers[number] = wires[number][:2] + whole[2:]

    summary = Summary(ZONE)

    for question, wire, answer in zip(questions, wires, answers, strict=True):
        question_rrset = question.query.question[0]
        lost = [Difference("no answer", "")]
        problems = (
            lost if answer is None else differences(wire, answer, question.expected, weights=False, own=ZONE)
        )
        summary.add(question_rrset.name, dns.rdatatype.RdataType(question_rrset.rdtype), problems)

    return Result(summary, sum(not question.as_recorded for question in questions))


@cache
def _questions(forwards: bool) -> list[Question]:
    """Every line; where the upstream would matter but is not asked, as the oracle answers without one."""
    forwarding = Oracle(recording.objects(), upstream=recorded_upstream)
    alone = Oracle(recording.objects())
    questions = []

    for number, line in enumerate(recording.lines()):
        question_key = dns.name.from_text(line["name"]), dns.rdatatype.from_text(line["type"])
        unforwarded = alone.answer(*question_key)
        as_recorded = forwards or unforwarded == forwarding.answer(*question_key)
        expected = expected_of(line) if as_recorded else unforwarded
        questions.append(Question.of(number, line, expected, as_recorded))

    return questions
