"""The part of the report about growth."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import TypeAlias

from benchmarks import queries
from benchmarks.figures import P50, P99, Figures, Metric, cpu_per_query, percentile_milliseconds
from benchmarks.measure import Cell, Measurement
from benchmarks.report import sections, tables, targets
from benchmarks.report.sections import Section
from benchmarks.results import Churn, Events, Relist, Scale, Size

MIX = queries.MIX_WORKLOAD.name

Row: TypeAlias = tuple[str, int, Callable[[Size], float | None]]
"""Title, digits, and the value of a size."""


def text(run: Scale) -> str:
    """The whole part, as Markdown."""
    return sections.format_part("As the cluster and the workers grow", heading(run), measured(run))


def heading(run: Scale) -> Iterator[str]:
    """What ran where, and how."""
    yield from sections.run_lines(run.here)
    yield (
        "100 namespaces, 85% of the Services with a cluster IP and two ports, 10% headless, "
        "5% ExternalName, 10 endpoints each; no Pod objects (what `pods: insecure` needs)"
    )
    yield (
        "lists in pages of 500 and watches over HTTP, from a server of the benchmark's own on the load's "
        "core; svcdns on a core of its own, metrics on, two workers for starts and memory, one for the rest"
    )
    yield f"medians of {run.rounds} runs, those of queries and events of {run.seconds:g} s"
    yield f"beside queries: the mix at {run.rate:,} queries a second"


def measured(run: Scale) -> Iterator[Section]:
    """Everything measured."""
    yield "Targets", "", targets.table(targets.scale_targets(run))
    yield "Size of the cluster", "", sizes(run.sizes, run.growth, run.rate)
    for tree in run.trees:
        note = "Another checkout of svcdns, measured in turns with this one."
        yield f"Size of the cluster, {tree.title}", note, sizes(tree.sizes, tree.growth, run.rate)

    if run.large:
        title = "From an event to its answer, in a Service of 10,000 endpoints"
        yield title, "Milliseconds.", large(run.large)

    at = f"{run.measured_at:,} Services"
    if run.churn:
        yield f"1,000 endpoint changes a second, {at}", "", churn(run.churn)
    if run.relists:
        title = f"A relist of the EndpointSlices, {at}"
        yield title, "Latency of the mix in microseconds.", relists(run.relists)

    yield "Queries a second of the mix, by workers", "Each worker and its load have a core.", workers(run)


def sizes(measured_sizes: Sequence[Size], growth: Sequence[Measurement], rate: int) -> str:
    """A column for each size, with the measurements of the mix in `growth`."""
    rows = []
    for title, digits, value in (*of_life(), *of_events(), *of_queries(growth, rate)):
        rows.append([title, *(_shown(value(size), digits) for size in measured_sizes)])

    return tables.format_markdown(["Services", *(f"{size.services:,}" for size in measured_sizes)], rows)


def of_life() -> Iterator[Row]:
    """Starts and memory."""
    yield "endpoints", 0, lambda size: size.endpoints
    yield "lists as JSON, MB", 0, lambda size: size.json / 1e6
    yield (
        "cold start to the first right answer, s",
        2,
        lambda size: median(start.seconds for start in size.cold),
    )
    yield "of it CPU of svcdns, s", 2, lambda size: median(start.cpu for start in size.cold)
    yield "beside it CPU of the API server, s", 2, lambda size: median(start.api_cpu for start in size.cold)
    yield "warm start to the first right answer, s", 2, lambda size: median(size.warm)
    yield "memory of two workers, MB", 0, lambda size: size.memory.settled / 1e6
    yield "of it the table, MB", 0, lambda size: size.memory.table / 1e6
    yield "peak at the start, MB", 0, lambda size: size.memory.peak_start / 1e6
    yield "peak at a relist, MB", 0, lambda size: size.memory.peak_relist / 1e6


def of_events() -> Iterator[Row]:
    """From an event to its answer."""
    yield "event to answer, idle, p50, ms", 2, lambda size: percentile_milliseconds(size.events.idle, 0.5)
    yield "event to answer, idle, p99, ms", 2, lambda size: percentile_milliseconds(size.events.idle, 0.99)
    yield (
        "event to answer, beside queries, p50, ms",
        2,
        lambda size: percentile_milliseconds(size.events.loaded, 0.5),
    )
    yield (
        "event to answer, beside queries, p99, ms",
        2,
        lambda size: percentile_milliseconds(size.events.loaded, 0.99),
    )


def of_queries(growth: Sequence[Measurement], rate: int) -> Iterator[Row]:
    """What a query costs and how long it takes, at saturation and at a rate."""
    figures = Figures(growth)

    def of_mix(value: Metric, at_rate: int | None = None) -> Callable[[Size], float | None]:
        return lambda size: figures.compute_median(Cell(MIX, at_rate), str(size.services), value)

    yield "CPU per query at saturation, us", 2, of_mix(cpu_per_query)
    yield f"CPU per query at {rate:,}/s, us", 1, of_mix(cpu_per_query, rate)
    yield f"latency at {rate:,}/s, p50, us", 0, of_mix(P50, rate)
    yield f"latency at {rate:,}/s, p99, us", 0, of_mix(P99, rate)


def large(events: Events) -> str:
    """Idle and beside queries."""
    rows = [
        [title, _shown(percentile_milliseconds(runs, 0.5), 2), _shown(percentile_milliseconds(runs, 0.99), 2)]
        for title, runs in (("idle", events.idle), ("beside queries", events.loaded))
    ]
    return tables.format_markdown(["", "p50", "p99"], rows)


def churn(measured_churn: Churn) -> str:
    """One column."""
    p50, p99, p999 = measured_churn.latency
    rows = [
        ["changes a second", f"{measured_churn.changes / measured_churn.seconds:,.0f}"],
        ["seconds", f"{measured_churn.seconds:.0f}"],
        ["CPU of the watcher per change, us", f"{measured_churn.cpu:,.0f}"],
        ["event to answer, p50, ms", _shown(percentile_milliseconds([measured_churn.events], 0.5), 2)],
        ["event to answer, p99, ms", _shown(percentile_milliseconds([measured_churn.events], 0.99), 2)],
        ["latency of queries beside, p50, us", f"{p50:,.0f}"],
        ["p99, us", f"{p99:,.0f}"],
        ["p99.9, us", f"{p999:,.0f}"],
        ["lost queries", f"{measured_churn.lost:,}"],
        ["the table's file before, MB", _mega(measured_churn.table_before)],
        ["after, MB", _mega(measured_churn.table_after)],
    ]
    return tables.format_markdown(["", ""], rows)


def relists(measured_relists: Sequence[Relist]) -> str:
    """Without and beside one."""
    rows = [
        [title, *(_shown(median(column), 0) for column in zip(*latencies, strict=True))]
        for title, latencies in (
            ("without", [relist.without for relist in measured_relists]),
            ("beside a relist", [relist.beside for relist in measured_relists]),
        )
    ]
    lasted = median(relist.seconds for relist in measured_relists)
    lost = sum(relist.lost for relist in measured_relists)
    body = tables.format_markdown(["", "p50", "p99", "p99.9"], rows)

    return f"{body}\n\nA relist took {lasted:.2f} s; {lost:,} queries were lost in all runs."


def workers(run: Scale) -> str:
    """A row for each number, a column for each server."""
    rows = []
    for number, measurements in run.workers.items():
        if measurements is None:
            row = ["not run: cores are missing", *["-"] * (len(run.titles) - 1)]
        else:
            figures = Figures(measurements)
            reached = (
                figures.compute_median(Cell(MIX), name, lambda measurement: measurement.queries_per_second)
                for name in run.titles
            )
            row = [_shown(value, 0) for value in reached]

        rows.append([str(number), *row])

    return tables.format_markdown(["workers", *run.titles.values()], rows) if rows else ""


def _mega(count: int) -> str:
    return f"{count / 1e6:,.0f}"


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
