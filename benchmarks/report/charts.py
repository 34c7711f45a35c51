"""The charts, as SVG: small, and the same bytes for the same figures.

The only import of matplotlib (the extra `bench`).
"""

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import queries
from benchmarks.figures import Figures, cpu_per_query, percentile_milliseconds
from benchmarks.measure import Cell
from benchmarks.results import Peers, Scale, Size

MIX = queries.MIX_WORKLOAD.name
COLOURS = ("#0072b2", "#b0b0b0", "#8c8c8c", "#686868", "#444444")
"""The first one is for svcdns; peers are grey, as the reader compares with them."""

mpl.rcParams.update(
    {
        "svg.hashsalt": "svcdns",  # ids would be random
        "svg.fonttype": "none",  # text stays text
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#e5e5e5",
        "legend.frameon": False,
    }
)


def peers(run: Peers, path: Path) -> None:
    """CPU per query beside the peers: at saturation by workload, and of the mix by rate."""
    figure = Figure(figsize=(9, 5.6), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(3, 2))
    figures = Figures(run.measurements)
    workloads = [
        workload
        for workload in queries.WORKLOADS
        if Cell(workload.name) in figures.list_cells() and workload.transport == "udp"
    ]
    _bars(above, figures, run.titles, [Cell(workload.name) for workload in workloads])
    above.set_xticks(range(len(workloads)), [textwrap.fill(workload.title, 11) for workload in workloads])
    above.set_title("CPU per query over UDP at saturation (µs, less is better)", loc="left")
    figure.legend(*above.get_legend_handles_labels(), ncols=len(run.titles), loc="outside upper right")
    rates = [rate for rate in run.rates if Cell(MIX, rate) in figures.list_cells()]
    _bars(below, figures, run.titles, [*(Cell(MIX, rate) for rate in rates), Cell(MIX)])
    below.set_xticks(range(len(rates) + 1), [*(f"{rate:,}/s" for rate in rates), "saturation"])
    below.set_title("CPU per query of the mix, by rate (µs)", loc="left")
    _save(figure, path)


def _bars(axes: Axes, figures: Figures, titles: dict[str, str], cells: Sequence[Cell]) -> None:
    """A group of bars for each cell, in it a bar for each server that was measured."""
    width = 0.8 / len(titles)
    for number, (server, title) in enumerate(titles.items()):
        medians = [(at, figures.compute_median(cell, server, cpu_per_query)) for at, cell in enumerate(cells)]
        bars = [(at + (number + 0.5) * width - 0.4, value) for at, value in medians if value is not None]
        colour = COLOURS[number % len(COLOURS)]
        axes.bar([x for x, _ in bars], [y for _, y in bars], width * 0.9, label=title, color=colour)

    axes.grid(visible=False, axis="x")


def scale(run: Scale, path: Path) -> None:
    """How cost, starts, memory and latency grow with the cluster."""
    figure = Figure(figsize=(9, 5.6), layout="constrained")
    panels = figure.subplots(2, 2).flat
    figures = Figures(run.growth)

    def mix(rate: int | None) -> Callable[[Size], float | None]:
        return lambda size: figures.compute_median(Cell(MIX, rate), str(size.services), cpu_per_query)

    def event(runs: Callable[[Size], list[list[float]]]) -> Callable[[Size], float | None]:
        return lambda size: percentile_milliseconds(runs(size), 0.99)

    _lines(
        next(panels),
        "CPU per query of the mix (µs)",
        run.sizes,
        {"at saturation": mix(None), f"at {run.rate:,}/s": mix(run.rate)},
    )
    _lines(
        next(panels),
        "Start to the first right answer (s)",
        run.sizes,
        {
            "cold": lambda size: median(start.seconds for start in size.cold),
            "from the stored table": lambda size: median(size.warm),
        },
    )
    _lines(
        next(panels),
        "Memory with two workers (MB)",
        run.sizes,
        {
            "settled": lambda size: size.memory.settled / 1e6,
            "of it the table": lambda size: size.memory.table / 1e6,
            "peak at a relist": lambda size: size.memory.peak_relist / 1e6,
        },
    )
    _lines(
        next(panels),
        "Event to answer, p99 (ms)",
        run.sizes,
        {
            "idle": event(lambda size: size.events.idle),
            f"at {run.rate:,} queries a second": event(lambda size: size.events.loaded),
        },
    )
    _save(figure, path)


def _lines(
    axes: Axes, title: str, sizes: Sequence[Size], series: dict[str, Callable[[Size], float | None]]
) -> None:
    """One panel over the number of Services."""
    for (label, value), colour in zip(series.items(), ("#0072b2", "#d55e00", "#686868"), strict=False):
        points = [(size.services, y) for size in sizes if (y := value(size)) is not None]
        xs = [x for x, _ in points]
        ys = [y for _, y in points]
        axes.plot(xs, ys, marker="o", markersize=4, label=label, color=colour)

    axes.set_xscale("log")
    axes.set_xticks([size.services for size in sizes], [f"{size.services:,}" for size in sizes], minor=False)
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])  # room for the legend
    axes.set_xlabel("Services")
    axes.set_title(title, loc="left")
    axes.legend()


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
