"""The part of the report about floods."""

from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.fairness.victim import RATE, Delays
from benchmarks.report import sections, tables, targets
from benchmarks.report.sections import Section
from benchmarks.report.targets import TargetResult
from benchmarks.results import Fairness

LIMIT = 20.0
"""Milliseconds that no client's outside names may delay another's names of the cluster at p99, or else
CALM_FACTOR times the p99 without a flood."""
CALM_FACTOR = 3.0


def text(run: Fairness) -> str:
    """The whole part, as Markdown."""
    return sections.format_part("One client's flood, another client's names", heading(run), measured(run))


def heading(run: Fairness) -> Iterator[str]:
    """What ran where, and how."""
    yield from sections.run_lines(run.here)
    yield ", ".join(f"{title} {run.versions[name]}" for name, title in run.titles.items())
    yield from (f"not measured: {title} is not installed" for title in run.missing)
    yield (
        f"{run.services:,} Services; each server with one worker on a core of its own; a client asks "
        f"{RATE} names of the cluster a second, and the flood comes from another address on the same core"
    )
    yield f"medians of {run.rounds} rounds of {run.seconds:g} s, each with servers started anew"


def measured(run: Fairness) -> Iterator[Section]:
    """Everything measured."""
    yield "Targets", "", targets.table(find_targets(run))
    note = (
        "Milliseconds from when a query was due until the kernel of the client had its answer, p50 / p99. "
        "One without an answer within 2 s counts as 2,000."
    )
    yield "Names of the cluster", note, _table(run, lambda delays: f"{delays.p50:.1f} / {delays.p99:.1f}")
    yield (
        "Lost",
        "Of all queries, in percent.",
        _table(run, lambda delays: f"{100 * delays.lost / delays.sent:.1f}"),
    )
    yield (
        "The client's own lateness",
        "Milliseconds from when a query was due until it was sent, p99: a part of the above.",
        _table(run, lambda delays: f"{delays.lateness_p99:.1f}"),
    )
    yield (
        "p99 of each round, svcdns",
        "A median hides the starts at which the client has the same receive buffer as the flood.",
        tables.format_markdown(["", "milliseconds"], list(_rounds(run))),
    )
    yield (
        "What became of the flood, svcdns",
        "Queries a second that were sent, and its own counts in the last round: SERVFAIL at once (shed), a "
        "receive buffer that was full (dropped), replies beyond the rate limit of the server that has one.",
        tables.format_markdown(["", "sent/s", "shed", "dropped", "limited"], list(_counts(run))),
    )


def find_targets(run: Fairness) -> Iterator[TargetResult]:
    """Floods of outside names."""
    calm = find_median(run, targets.SVCDNS, "calm")
    limit = max(LIMIT, CALM_FACTOR * calm.p99) if calm else LIMIT
    for flood in ("outside", "silent"):
        delays = find_median(run, targets.SVCDNS, flood)
        title = f"p99 of names of the cluster beside {run.floods.get(flood, flood)}"
        yield TargetResult(title, limit, "ms", delays.p99 if delays else None)


def find_median(run: Fairness, server: str, flood: str) -> Delays | None:
    """Each figure's median over the rounds; sums of what was sent and lost."""
    found = [one.delays for one in run.runs if (one.server, one.flood) == (server, flood)]
    if not found:
        return None

    return Delays(
        median(delays.p50 for delays in found),
        median(delays.p99 for delays in found),
        median(delays.lateness_p99 for delays in found),
        sum(delays.sent for delays in found),
        sum(delays.lost for delays in found),
    )


def _rounds(run: Fairness) -> Iterator[list[str]]:
    for flood, title in run.floods.items():
        p99s = [each.delays.p99 for each in run.runs if (each.server, each.flood) == (targets.SVCDNS, flood)]
        yield [title, ", ".join(f"{p99:.1f}" for p99 in p99s) or "-"]


def _counts(run: Fairness) -> Iterator[list[str]]:
    last = {(flood_run.server, flood_run.flood): flood_run for flood_run in run.runs}
    for flood, title in run.floods.items():
        usual = last.get((targets.SVCDNS, flood))
        limited = last.get(("limited", flood))
        if usual is not None and usual.sent_rate is not None:
            numbers = (usual.sent_rate, usual.shed, usual.dropped, limited.limited if limited else None)
            yield [title, *("-" if number is None else f"{number:,.0f}" for number in numbers)]


def _table(run: Fairness, show: Callable[[Delays], str]) -> str:
    rows = []
    for flood, title in run.floods.items():
        medians = [find_median(run, server, flood) for server in run.titles]
        rows.append([title, *("-" if delays is None else show(delays) for delays in medians)])
    return tables.format_markdown(["", *run.titles.values()], rows)
