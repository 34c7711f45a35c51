"""What was true of each name, and when: by this an answer is right, out of date, or wrong.

Times are those of `time.monotonic`.
"""

from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

Value: TypeAlias = frozenset[str] | None
"""The addresses of a name; None: it does not exist."""


@dataclass(slots=True)
class Span:
    """A value for as long as it was true."""

    value: Value
    began: float
    ended: float = inf


@dataclass(slots=True)
class History:
    """The spans of each name, oldest first."""

    late: float
    """Seconds for which an answer without the mark may be out of date: nobody can know that it is."""
    _spans: dict[str, list[Span]] = field(default_factory=dict)
    _places: dict[tuple[str, Value], list[int]] = field(default_factory=dict)
    """Where among a name's spans are those of a value."""

    def now(self, name: str) -> Value:
        """What is true."""
        return self._spans[name][-1].value

    def begin(self, name: str, value: Value, at: float) -> None:
        """From now on this may be true; what was true before may be as well, until `end`."""
        spans = self._spans.setdefault(name, [])
        self._places.setdefault((name, value), []).append(len(spans))
        spans.append(Span(value, at))

    def end(self, name: str, at: float) -> None:
        """The value before the last one is not true any more."""
        for span in self._spans[name][-2:-1]:
            span.ended = at

    def judge(self, name: str, value: Value, sent: float, received: float, floor: int) -> tuple[str, int]:
        """What is wrong with an answer without the mark (or nothing), and the floor after it.

        `floor` is the oldest span that may be told, since a later one than those before was told already.
        """
        spans = self._spans[name]
        fits = [at for at in self._places.get((name, value), ()) if spans[at].began <= received]
        if not fits:
            return f"{name}: {_shown(value)} was never true", floor
        age = sent - spans[fits[-1]].ended
        if age > self.late:
            return f"{name}: {_shown(value)} was true {age:.1f} s ago, and is not marked", floor
        if fits[-1] < floor:
            return f"{name}: {_shown(value)} after {_shown(spans[floor].value)}", floor
        return "", next(at for at in fits if at >= floor and sent - spans[at].ended <= self.late)

    def was_true(self, name: str, value: Value) -> str:
        """What is wrong with an answer that is marked as stale."""
        return "" if (name, value) in self._places else f"{name}: {_shown(value)} was never true"


def _shown(value: Value) -> str:
    return "no name" if value is None else ", ".join(sorted(value)) or "no address"
