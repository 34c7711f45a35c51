"""That all servers answer the same: before anything is measured, each is asked a sample."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import dns.message
import dns.query
import dns.rcode

from benchmarks.servers import Running

SAMPLE = 40
"""Questions of each kind."""


def differences(running: Sequence[Running], questions: dict[str, Path]) -> Iterator[str]:
    """Name each question that is not answered alike: rcode and records of the answer section."""
    for path in questions.values():
        with path.open() as lines:
            for line in islice(lines, SAMPLE):
                name, rdtype = line.split()
                answers = {target.server.title: answer(target, name, rdtype) for target in running}
                if len(set(answers.values())) > 1:
                    told = "; ".join(f"{title}: {text}" for title, text in answers.items())
                    yield f"{name} {rdtype}: {told}"


def answer(target: Running, name: str, rdtype: str) -> str:
    """The rcode and the sorted records that one server answers."""
    question = dns.message.make_query(name, rdtype)
    reply, _ = dns.query.udp_with_fallback(question, "127.0.0.1", port=target.port, timeout=2)
    records = sorted(f"{rrset.ttl} {record}" for rrset in reply.answer for record in rrset)
    return " ".join((dns.rcode.to_text(reply.rcode()), *records))
