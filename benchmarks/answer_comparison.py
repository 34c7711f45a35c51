"""That all servers answer the same: before anything is measured, each is asked a sample."""

from collections.abc import Iterator, Sequence
from itertools import islice

import dns.exception
import dns.message
import dns.query
import dns.rcode

from benchmarks.measure import Target

SAMPLE_SIZE = 40
"""Questions of each kind."""


def find_differences(targets: Sequence[Target]) -> Iterator[str]:
    """Name each question that is not answered alike: rcode and records of the answer section."""
    for kind in dict.fromkeys(kind for target in targets for kind in target.questions):
        able = [target for target in targets if kind in target.questions]
        with able[0].questions[kind].open() as lines:
            for line in islice(lines, SAMPLE_SIZE):
                name, rdtype = line.split()
                answers = {target.name: ask(target, name, rdtype) for target in able}
                if len(set(answers.values())) > 1:
                    answer_texts = "; ".join(f"{title}: {text}" for title, text in answers.items())
                    yield f"{name} {rdtype}: {answer_texts}"


def ask(target: Target, name: str, rdtype: str) -> str:
    """The rcode and the sorted records that one server answers; TTLs of what is kept count down."""
    question = dns.message.make_query(name, rdtype)
    try:
        reply, _ = dns.query.udp_with_fallback(question, "127.0.0.1", port=target.port, timeout=2)
    except (dns.exception.DNSException, OSError) as error:
        return type(error).__name__

    records = sorted(f"{rrset.ttl // 60} {record}" for rrset in reply.answer for record in rrset)
    return " ".join((dns.rcode.to_text(reply.rcode()), *records))
