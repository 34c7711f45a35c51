"""The lists of /debug/top: who asks most, for what, and for what in vain."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from svcdns.stats.numbers import Top


class Line(Struct, frozen=True):
    """One of a list."""

    what: str
    queries: int
    per_second: float


class Lists(Struct, frozen=True):
    """Estimates: of one query in `every`, over the last `seconds`."""

    seconds: float
    every: int
    clients: list[Line]
    names: list[Line]
    failures: list[Line]


def lists(top: Top) -> Lists:
    """The lists, with what was looked at counted for all that was not."""
    return Lists(
        round(top.seconds, 1),
        top.every,
        *(list(_lines(one, top)) for one in (top.clients, top.names, top.failures)),
    )


def _lines(found: Sequence[tuple[str, int]], top: Top) -> Iterator[Line]:
    for what, times in found:
        queries = times * top.every
        yield Line(what, queries, round(queries / max(top.seconds, 1.0), 1))


def text(found: Lists) -> str:
    """The same for a terminal."""
    head = f"One query in {found.every} is looked at; estimates of the last {found.seconds:.0f} seconds.\n"
    parts = (("CLIENT", found.clients), ("NAME", found.names), ("FAILURE", found.failures))
    return head + "".join(f"\n{_table(title, lines)}" for title, lines in parts)


def _table(title: str, lines: Sequence[Line]) -> str:
    width = max(map(len, (title, *(line.what for line in lines))))
    rows = [f"{title:{width}}  {'QUERIES':>10}  {'PER SECOND':>10}"]
    rows += [f"{line.what:{width}}  {line.queries:>10}  {line.per_second:>10.1f}" for line in lines]
    return "".join(f"{row}\n" for row in rows)
