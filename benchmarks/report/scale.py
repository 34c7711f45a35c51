"""The part of the report about growth."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from benchmarks import load, queries
from benchmarks.figures import P50, P99, Figures, cost
from benchmarks.measure import Cell, Measurement
from benchmarks.report import sections, tables, targets
from benchmarks.report.sections import Section
from benchmarks.results import Churn, Events, Relist, Scale, Size

MIX = queries.MIXED.name


def text(run: Scale) -> str:
    """The whole part, as Markdown."""
    return sections.part("As the cluster and the workers grow", heading(run), measured(run))


def heading(run: Scale) -> Iterator[str]:
    """What ran where, and how."""
    yield from sections.where(run.here)
    yield (
        "100 namespaces, 85% of the Services with a cluster IP and two ports, 10% headless, 5% ExternalName, "
        "10 endpoints each; no Pod objects (what `pods: insecure` needs)"
    )
    yield (
        "lists in pages of 500 and watches over HTTP, from a server of the benchmark's own on the load's core; "
        "svcdns on a core of its own, metrics on, two workers for starts and memory, one for the rest"
    )
    yield f"medians of {run.rounds} runs, those of queries and events of {run.seconds:g} s"
    yield "beside queries: the mix at " + f"{run.rate:,} queries a second"


def measured(run: Scale) -> Iterator[Section]:
    """Everything measured."""
    yield "Targets", "", targets.table(targets.of_scale(run))
    yield "Size of the cluster", "", sizes(run)
    if run.large:
        yield "From an event to its answer, in a Service of 10,000 endpoints", "Milliseconds.", large(run.large)
    at = f"{run.measured_at:,} Services"
    if run.churn:
        yield f"1,000 endpoint changes a second, {at}", "", churn(run.churn)
    if run.relists:
        yield f"A relist of the EndpointSlices, {at}", "Latency of the mix in microseconds.", relists(run.relists)
    yield "Queries a second of the mix, by workers", "Each worker and its load have a core.", workers(run)


def sizes(run: Scale) -> str:
    """A column for each size."""
    figures = Figures(run.growth)

    def row(title: str, shown: Callable[[Size], str]) -> list[str]:
        return [title, *map(shown, run.sizes)]

    def of_mix(value: Callable[[Measurement], float | None], rate: int | None, digits: int) -> Callable[[Size], str]:
        return lambda size: _shown(figures.median(Cell(MIX, rate), str(size.services), value), digits)

    rows = [
        row("endpoints", lambda size: f"{size.endpoints:,}"),
        row("lists as JSON, MB", lambda size: f"{size.json / 1e6:,.0f}"),
        row("cold start to the first right answer, s", lambda size: f"{_cold(size):.2f}"),
        row("of it CPU of svcdns, s", lambda size: f"{median(one.cpu for one in size.cold):.2f}"),
        row("beside it CPU of the API server, s", lambda size: f"{median(one.api_cpu for one in size.cold):.2f}"),
        row("warm start to the first right answer, s", lambda size: f"{median(size.warm):.2f}"),
        row("memory of two workers, MB", lambda size: _mega(size.memory.settled)),
        row("of it the table, MB", lambda size: _mega(size.memory.table)),
        row("peak at the start, MB", lambda size: _mega(size.memory.peak_start)),
        row("peak at a relist, MB", lambda size: _mega(size.memory.peak_relist)),
        row("event to answer, idle, p50, ms", lambda size: _milli(size.events.idle, 0.5)),
        row("event to answer, idle, p99, ms", lambda size: _milli(size.events.idle, 0.99)),
        row("event to answer, beside queries, p50, ms", lambda size: _milli(size.events.loaded, 0.5)),
        row("event to answer, beside queries, p99, ms", lambda size: _milli(size.events.loaded, 0.99)),
        row("CPU per query at saturation, us", of_mix(cost, None, 2)),
        row(f"CPU per query at {run.rate:,}/s, us", of_mix(cost, run.rate, 1)),
        row(f"latency at {run.rate:,}/s, p50, us", of_mix(P50, run.rate, 0)),
        row(f"latency at {run.rate:,}/s, p99, us", of_mix(P99, run.rate, 0)),
    ]
    return tables.table(["Services", *(f"{size.services:,}" for size in run.sizes)], rows)


def large(found: Events) -> str:
    """Idle and beside queries."""
    rows = [
        [title, _milli(runs, 0.5), _milli(runs, 0.99)]
        for title, runs in (("idle", found.idle), ("beside queries", found.loaded))
    ]
    return tables.table(["", "p50", "p99"], rows)


def churn(found: Churn) -> str:
    """One column."""
    p50, p99, p999 = found.latency
    rows = [
        ["changes a second", f"{found.changes / found.seconds:,.0f}"],
        ["seconds", f"{found.seconds:.0f}"],
        ["CPU of the watcher per change, us", f"{found.cpu:,.0f}"],
        ["event to answer, p50, ms", _milli([found.events], 0.5)],
        ["event to answer, p99, ms", _milli([found.events], 0.99)],
        ["latency of queries beside, p50, us", f"{p50:,.0f}"],
        ["p99, us", f"{p99:,.0f}"],
        ["p99.9, us", f"{p999:,.0f}"],
        ["lost queries", f"{found.lost:,}"],
        ["the table's file before, MB", _mega(found.table_before)],
        ["after, MB", _mega(found.table_after)],
    ]
    return tables.table(["", ""], rows)


def relists(found: Sequence[Relist]) -> str:
    """Without and beside one."""
    rows = [
        [title, *(f"{median(of(one)[number] for one in found):,.0f}" for number in range(3))]
        for title, of in (("without", lambda one: one.without), ("beside a relist", lambda one: one.beside))
    ]
    lasted = median(one.seconds for one in found)
    lost = sum(one.lost for one in found)
    body = tables.table(["", "p50", "p99", "p99.9"], rows)
    return f"{body}\n\nA relist took {lasted:.2f} s; {lost:,} queries were lost in all runs."


def workers(run: Scale) -> str:
    """A row for each number, a column for each server."""
    rows = []
    for number, measurements in run.workers.items():
        if measurements is None:
            row = ["not run: cores are missing", *["-"] * (len(run.titles) - 1)]
        else:
            figures = Figures(measurements)
            reached = (figures.median(Cell(MIX), name, lambda one: one.answered) for name in run.titles)
            row = [_shown(value, 0) for value in reached]
        rows.append([str(number), *row])
    return tables.table(["workers", *run.titles.values()], rows) if rows else ""


def _cold(size: Size) -> float:
    return median(one.seconds for one in size.cold)


def _milli(runs: Sequence[Sequence[float]], part: float) -> str:
    """The median over runs of a percentile, from microseconds."""
    found = [load.percentile(run, part) for run in runs if run]
    return f"{median(found) / 1e3:.2f}" if found else "-"


def _mega(count: int) -> str:
    return f"{count / 1e6:,.0f}"


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
