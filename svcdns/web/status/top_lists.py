"""The lists of /debug/top: who asks most, for what, and for what in vain."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from svcdns.stats.counters import TopQueries


class TopEntry(Struct, frozen=True):
    """One of a list."""

    what: str
    queries: int
    per_second: float


class TopLists(Struct, frozen=True):
    """Estimates: of one query in `every`, over the last `seconds`."""

    seconds: float
    every: int
    clients: list[TopEntry]
    names: list[TopEntry]
    failures: list[TopEntry]


def make_lists(top: TopQueries) -> TopLists:
    """The lists, with what was looked at counted for all that was not."""
    return TopLists(
        round(top.period_seconds, 1),
        top.sample_interval,
        *(list(_estimate_entries(one, top)) for one in (top.clients, top.names, top.failures)),
    )


def _estimate_entries(counted: Sequence[tuple[str, int]], top: TopQueries) -> Iterator[TopEntry]:
    for what, times in counted:
        queries = times * top.sample_interval
        yield TopEntry(what, queries, round(queries / max(top.period_seconds, 1.0), 1))


def render(lists: TopLists) -> str:
    """The same for a terminal."""
    head = f"One query in {lists.every} is looked at; estimates of the last {lists.seconds:.0f} seconds.\n"
    parts = (("CLIENT", lists.clients), ("NAME", lists.names), ("FAILURE", lists.failures))
    return head + "".join(f"\n{_table(title, lines)}" for title, lines in parts)


def _table(title: str, entries: Sequence[TopEntry]) -> str:
    width = max(map(len, (title, *(line.what for line in entries))))
    rows = [f"{title:{width}}  {'QUERIES':>10}  {'PER SECOND':>10}"]
    rows += [f"{line.what:{width}}  {line.queries:>10}  {line.per_second:>10.1f}" for line in entries]
    return "".join(f"{row}\n" for row in rows)
