"""The part of the report beside the peers."""

from collections.abc import Iterator

from benchmarks import queries
from benchmarks.dnsperf import CLIENT_SOCKETS
from benchmarks.figures import Figures, cpu_per_query, user_cpu_per_query
from benchmarks.report import sections, tables, targets
from benchmarks.report.sections import Section
from benchmarks.results import Peers


def text(run: Peers) -> str:
    """The whole part, as Markdown."""
    return sections.format_part("Beside the peers", heading(run), measured(run))


def heading(run: Peers) -> Iterator[str]:
    """What ran where, and how."""
    yield from sections.run_lines(run.here)
    yield ", ".join(f"{title} {run.versions[name]}" for name, title in run.titles.items())
    yield from (f"not measured: {title}, {reason}" for title, reason in run.missing.items())
    yield f"{run.services:,} Services with {run.endpoints:,} endpoints, the same records for all"
    yield agreement(run)
    yield (
        "each server with one worker on a core of its own, "
        f"dnsperf on another with {CLIENT_SOCKETS} sockets; "
        "svcdns with its metrics on"
    )
    yield (
        f"medians of {run.rounds} interleaved rounds of {run.seconds:g} s, each with servers started anew "
        "and warmed up; in brackets the ratio to NSD, taken within each round"
    )
    yield "CPU is user and system time of all processes of a server"


def agreement(run: Peers) -> str:
    """Whether the servers answered alike."""
    if not run.differences:
        return "a sample of the questions was answered alike"
    examples = "".join(f"\n  - {text}" for text in run.differences[:3])
    return f"{len(run.differences)} sampled questions were **not answered alike**:{examples}"


def latency_runs(run: Peers) -> int:
    """How often each server was asked at the common rate."""
    return len({measurement.round for measurement in run.measurements if measurement.rate == run.common_rate})


def measured(run: Peers) -> Iterator[Section]:
    """Everything measured."""
    grid = tables.Grid(Figures(run.measurements), run.titles)
    rates = [rate for rate in run.rates if any(measurement.rate == rate for measurement in run.measurements)]
    yield "Targets", "", targets.table(targets.peer_targets(run))
    yield (
        "CPU per query at saturation",
        "Microseconds, asked as fast as answers come back. A dash: the server does not do it (Knot 3.2 and "
        "TLS; authoritative servers and forwarding).",
        grid.saturation_table(cpu_per_query, 2, has_ratio=True),
    )
    yield (
        "CPU per query of svcdns to other checkouts of it",
        "Ratios, taken within each round: below 1, this checkout takes less.",
        trees(run),
    )
    yield (
        "Of it in user mode",
        "Microseconds; the rest is the kernel's, most of it for sending and receiving.",
        grid.saturation_table(user_cpu_per_query, 1),
    )
    yield (
        "Queries a second at 100% of one core",
        "A million by the CPU per query: dnsperf fills its own core before the fastest fill theirs.",
        grid.saturation_table(lambda measurement: 1e6 / measurement.cpu_per_query, 0),
    )
    yield (
        "CPU per query of the mix at a fixed rate",
        "Microseconds; batches are small here, and waking up costs most.",
        grid.fixed_rate_table(rates, cpu_per_query, has_ratio=True) if rates else "",
    )
    yield (
        "Of it in user mode, at a fixed rate",
        "Microseconds.",
        grid.fixed_rate_table(rates, user_cpu_per_query) if rates else "",
    )
    yield (
        f"Latency of the mix at {run.common_rate:,} queries a second",
        "Microseconds; the rate is half of what the slowest server reached, "
        f"{latency_runs(run)} runs of each server.",
        grid.latency_table(run.common_rate) if run.common_rate else "",
    )
    yield "Lost queries", "Of all runs together.", grid.lost_table()
    memory = [f"{run.memory[name] / 1e6:,.0f}" for name in run.titles]
    yield "Memory", "PSS of all processes after the load, in MB.", grid.format_table([("", memory)])


def trees(run: Peers) -> str:
    """A row for each workload and rate, a column for each other checkout; empty without any."""
    if not run.trees:
        return ""

    figures = Figures(run.measurements)
    rows = []
    for cell in figures.list_cells():
        ratios = [
            figures.compute_ratio(cell, targets.SVCDNS, cpu_per_query, reference=tree) for tree in run.trees
        ]
        at_rate = f" at {cell.rate:,}/s" if cell.rate else ""
        title = queries.TITLES[cell.workload] + at_rate
        rows.append([title, *("-" if ratio is None else f"{ratio:.3f}" for ratio in ratios)])

    return tables.format_markdown(["", *(run.titles[tree] for tree in run.trees)], rows)
