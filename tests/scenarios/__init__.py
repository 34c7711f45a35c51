"""Questions and answers as text: `cluster.yaml`, and tables of what is answered for it.

A line of a table is the question (below cluster.local. unless it ends with a dot), its type and the
answer: the rdata of the records wanted, names again below cluster.local., `|` between records and
`+` before those of the additional section; then NODATA, NXDOMAIN and so on, if it is that. An
indented line goes on.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.name
import dns.rdatatype
import yaml
from dns.name import Name
from dns.rcode import NOERROR
from dns.rdatatype import RdataType

from tests.oracle import Expected, Record

FOLDER = Path(__file__).parent
ZONE = dns.name.from_text("cluster.local")


@dataclass(frozen=True, slots=True)
class Row:
    """One question, and the answer wanted as `said` writes it."""

    name: Name
    type: RdataType
    wanted: str

    def __str__(self) -> str:
        return f"{self.name} {self.type.name}"


def cluster() -> list[dict[str, Any]]:
    """The objects of `cluster.yaml`."""
    items: list[dict[str, Any]] = yaml.safe_load((FOLDER / "cluster.yaml").read_text())["items"]
    return items


def rows(*tables: str) -> list[Row]:
    """The rows of the tables of these names: `services`, `other_names`, `external_names`."""
    return [row for table in tables for row in parse_rows((FOLDER / f"{table}.txt").read_text())]


def parse_rows(text: str) -> list[Row]:
    """The rows of a table."""
    lines = re.sub(r"\n\s+", " ", text).splitlines()
    return [_row(line) for line in lines if line and not line.startswith("#")]


def said(expected: Expected) -> str:
    """An answer as the tables write it, its records sorted."""
    verdict = expected.rcode.name
    if expected.rcode == NOERROR:
        verdict = "NODATA" if expected.authority else ""
    return _joined(_rdata(expected.answer), _rdata(expected.additional or ()), verdict)


def _row(line: str) -> Row:
    name, rdtype, wanted = line.split(None, 2)
    records, verdict = re.fullmatch(r"(.*?) ?([A-Z]*)", wanted).groups()  # type: ignore[union-attr]
    answer, _, additional = records.partition(" + ")
    wanted = _joined(answer.split(" | "), additional.split(" | "), verdict)
    return Row(dns.name.from_text(name, ZONE), dns.rdatatype.from_text(rdtype), wanted)


def _rdata(records: Iterable[Record]) -> list[str]:
    return [str(record).split(" ", 3)[3].replace(f".{ZONE}", "") for record in records]


def _joined(answer: list[str], additional: list[str], verdict: str) -> str:
    sections = filter(None, (" | ".join(sorted(answer)), " | ".join(sorted(additional))))
    return f"{' + '.join(sections)} {verdict}".strip()
