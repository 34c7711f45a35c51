"""Sum the differences of many questions up, by the kind of question."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import dns.rdatatype
from dns.name import Name
from dns.rdatatype import RdataType

from tests.compare import Difference


def kind_of(name: Name, rdtype: RdataType, zone: Name) -> str:
    """What sort of question it is: the shape of its name, and its type."""
    labels = [label.decode("latin-1").lower() for label in name.labels[: -len(zone)]]
    if not name.is_subdomain(zone):
        shape = "reverse" if name.labels[-2:-1] == (b"arpa",) else "outside"
    elif len(labels) < 3 or labels[-1] not in ("svc", "pod"):
        shape = ".".join([*labels[-1:], "ZONE"]) if len(labels) < 2 else "above a namespace"
    elif labels[-1] == "pod":
        shape = "ADDRESS.NAMESPACE.pod" if len(labels) == 3 else "below a Pod"
    else:
        below = ["_" if label.startswith("_") else "HOST" for label in labels[:-3]]
        shape = ".".join([*below, "BASE"])
    return f"{shape} {dns.rdatatype.to_text(rdtype)}"


class Summary:
    """Differences of many questions, counted by kind of question, with an example of each."""

    def __init__(self, zone: Name) -> None:
        self._zone = zone
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._examples: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.wrong = 0

    def add(self, name: Name, rdtype: RdataType, found: Iterable[Difference]) -> None:
        """Take one question and what was found."""
        self.asked += 1
        kind = kind_of(name, rdtype, self._zone)
        kinds = {difference.kind: difference for difference in found}
        self.wrong += bool(kinds)
        for difference in kinds.values():
            self._counts[kind][difference.kind] += 1
            example = f"{name} {dns.rdatatype.to_text(rdtype)}  {difference.detail}".rstrip()
            self._examples.setdefault((kind, difference.kind), example)

    def __str__(self) -> str:
        lines = [f"{self.asked - self.wrong} of {self.asked} answers as wanted"]
        for kind, counts in sorted(self._counts.items(), key=lambda item: -item[1].total()):
            lines.append(kind)
            for difference, count in counts.most_common():
                lines.append(f"  {count:5} {difference}: {self._examples[kind, difference]}")
        return "\n".join(lines)
