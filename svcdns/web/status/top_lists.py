"""The lists of /debug/top: the busiest clients, the most-queried names, the most frequent failures."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from svcdns.stats.worker_counters import TopQueries


class TopEntry(Struct, frozen=True):
    """One line of a list: a client, or a name and what was asked of it."""

    what: str
    queries: int
    """An estimate of all queries, from those in the sample."""
    per_second: float


class TopLists(Struct, frozen=True):
    """Estimates, from one query in `every`, over the last `seconds`. The fields are keys of the JSON."""

    seconds: float
    every: int
    clients: list[TopEntry]
    names: list[TopEntry]
    failures: list[TopEntry]


def make_lists(top: TopQueries) -> TopLists:
    """The lists for all queries, estimated from those in the sample."""
    return TopLists(
        seconds=round(top.period_seconds, 1),
        every=top.sample_interval,
        clients=list(_estimate_entries(top.clients, top)),
        names=list(_estimate_entries(top.names, top)),
        failures=list(_estimate_entries(top.failures, top)),
    )


def _estimate_entries(counts: Sequence[tuple[str, int]], top: TopQueries) -> Iterator[TopEntry]:
    # In its first second a server would show rates that it never had.
    seconds = max(top.period_seconds, 1.0)
    for what, count in counts:
        queries = count * top.sample_interval
        yield TopEntry(what, queries, round(queries / seconds, 1))


def render(lists: TopLists) -> str:
    """The lists as text for a terminal: one table each."""
    head = f"One query in {lists.every} is looked at; estimates of the last {lists.seconds:.0f} seconds.\n"
    tables = (
        _table("CLIENT", lists.clients),
        _table("NAME", lists.names),
        _table("FAILURE", lists.failures),
    )
    return head + "".join(f"\n{table}" for table in tables)


def _table(title: str, entries: Sequence[TopEntry]) -> str:
    # `max` needs one text at least: a list may be empty, its title is not.
    width = max(map(len, (title, *(entry.what for entry in entries))))
    rows = [f"{title:{width}}  {'QUERIES':>10}  {'PER SECOND':>10}"]
    rows += [f"{entry.what:{width}}  {entry.queries:>10}  {entry.per_second:>10.1f}" for entry in entries]
    return "".join(f"{row}\n" for row in rows)
