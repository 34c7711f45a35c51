"""Every resolver finds what it should, with a Pod's resolv.conf, from both of the server's families."""

import asyncio
import ipaddress
from dataclasses import dataclass

import pytest

from tests import clients
from tests.clients import namespace
from tests.clients.namespace import Outcome, Run
from tests.clients.programs import PROGRAMS, Program, build


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `resolvers.txt`."""

    kind: str
    name: str
    wanted: frozenset[str]

    @property
    def line(self) -> str:
        return f"{self.kind} {self.name}"

    def asked_by(self, program: Program) -> bool:
        """Whether this resolver can be asked it."""
        whole = self.kind == "reverse" or self.name.endswith(".")
        return self.kind in program.kinds and (whole or program.searches)


def _row(line: str) -> Row:
    kind, name, *expected = line.split()
    known_values = {
        "-": [],
        "BIG": clients.BIG,
        "BIG-SRV": [f"{a.replace('.', '-')}.big.default.svc.cluster.local:80" for a in clients.BIG],
    }
    return Row(kind, name, frozenset(known_values.get(expected[0], expected)))


ROWS = [
    _row(line)
    for line in (clients.FOLDER / "resolvers.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What all that are installed said to all that they can be asked."""
    if refusal := namespace.refusal():
        pytest.skip(refusal)

    folder = tmp_path_factory.mktemp("resolvers")
    present = [program for program in PROGRAMS if not program.missing]
    asyncio.run(build(present, folder))
    runs = [
        Run(each.name, each.command(folder), each.settings, [row.line for row in ROWS if row.asked_by(each)])
        for each in present
    ]

    return namespace.converse(folder, clients.serve_arguments(folder), runs)


@pytest.mark.parametrize("nameserver", namespace.NAMESERVERS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_resolver(program: Program, nameserver: str, outcome: Outcome) -> None:
    if program.missing:
        pytest.skip(f"{program.needs} is not installed")
    if nameserver not in outcome.replies:
        pytest.skip("IPv6 is off here")

    question = [row for row in ROWS if row.asked_by(program)]
    replies = outcome.replies[nameserver][program.name]
    wrong = [
        f"{row.line}: {reply}"
        for row, reply in zip(question, replies, strict=False)
        if not _right(program, row, reply)
    ]

    assert not wrong and len(replies) == len(question), "\n".join([*wrong, outcome.log])


def _right(program: Program, row: Row, reply: str) -> bool:
    message, *values = reply.split()
    result = {_plain(value) for value in values}
    if message not in ("found", "absent"):
        return False
    if program.cuts and len(row.wanted) == len(clients.BIG):
        return bool(result) and result <= row.wanted

    return result == row.wanted and len(values) == len(result)


def _plain(value: str) -> str:
    """Each resolver's spelling as ours: Java writes addresses with their zeros, Go names with their dot."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return value.removesuffix(".")
