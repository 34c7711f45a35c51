"""The report of a run: what ran where, the targets met and missed, and the tables."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import tables
from benchmarks.figures import Figures, Target, cost, user_cost
from benchmarks.load import CLIENTS
from benchmarks.servers import Server


@dataclass(frozen=True, slots=True)
class Run:
    """What a report tells about. `missing` says why a server was not measured, `memory` is in bytes."""

    servers: Sequence[Server]
    versions: dict[str, str]
    missing: dict[str, str]
    memory: dict[str, int]
    differences: Sequence[str]
    rates: Sequence[int]
    common_rate: int
    services: int
    endpoints: int
    rounds: int
    seconds: float
    command: str


def write(run: Run, figures: Figures, wanted: Sequence[Target]) -> str:
    """The whole report, as Markdown."""
    sections = [("Targets", "As ratios to NSD.", verdicts(figures, wanted)), *measured(run, figures)]
    parts = [heading(run)]
    for title, note, body in sections:
        if body:
            parts += [f"## {title}", note, body]
    return "\n\n".join(parts) + "\n"


def heading(run: Run) -> str:
    """What ran where, and how."""
    here = f"{cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}"
    lines = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit()}, `{run.command}`",
        f"{here}, Python {platform.python_version()}",
        ", ".join(f"{server.title} {run.versions[server.name]}" for server in run.servers),
        *(f"not measured: {title}, {reason}" for title, reason in run.missing.items()),
        f"{run.services:,} Services with {run.endpoints:,} endpoints, the same records for all",
        agreement(run),
        f"each server on core 0 with one worker, dnsperf on core 1 with {CLIENTS} sockets",
        f"medians of {run.rounds} interleaved rounds of {run.seconds:g} s; "
        "in brackets the ratio to NSD, taken within each round",
        "CPU is user and system time of all processes of a server",
    )
    return "# Results\n\n" + "\n".join(f"- {line}" for line in lines)


def agreement(run: Run) -> str:
    """Whether the servers answered alike."""
    if not run.differences:
        return "a sample of the questions was answered alike"
    examples = "".join(f"\n  - {text}" for text in run.differences[:3])
    return f"{len(run.differences)} sampled questions were **not answered alike**:{examples}"


def verdicts(figures: Figures, wanted: Sequence[Target]) -> str:
    """The targets as a table; empty where svcdns or the reference was not measured."""
    rows = []
    for target in wanted:
        ratio = figures.ratio(target.cell, "svcdns", target.value)
        if ratio is not None:
            verdict = "met" if round(ratio, 2) <= target.limit else "**MISSED**"
            rows.append([target.title, f"{target.limit:.2f}", f"{ratio:.2f}", verdict])
    return tables.table(["", "at most", "measured", ""], rows) if rows else ""


def measured(run: Run, figures: Figures) -> list[tuple[str, str, str]]:
    """(title, note, table) of everything measured."""
    grid = tables.Grid(figures, run.servers)
    names = [server.name for server in run.servers]
    totals = (
        ("lost", [f"{figures.lost(name):,}" for name in names]),
        ("memory", [f"{run.memory[name] / 1e6:,.0f}" for name in names]),
    )
    return [
        (
            "CPU per query at saturation",
            "Microseconds, asked as fast as answers come back.",
            grid.flat_out(cost, 2, compared=True),
        ),
        (
            "Of it in user mode",
            "Microseconds; the rest is the kernel's, most of it for sending and receiving.",
            grid.flat_out(user_cost, 1),
        ),
        (
            "Queries a second at 100% of one core",
            "A million by the CPU per query: dnsperf fills its own core before the fastest fill theirs.",
            grid.flat_out(lambda one: 1e6 / one.cost, 0),
        ),
        (
            "CPU per query of the mix at a fixed rate",
            "Microseconds; batches are small here, and waking up costs most.",
            grid.paced(run.rates),
        ),
        (
            f"Latency of the mix at {run.common_rate:,} queries a second",
            "Microseconds; the rate is half of what the slowest reached.",
            grid.latency(run.common_rate) if run.common_rate else "",
        ),
        (
            "Lost queries and memory",
            "Lost: over UDP, in all runs. Memory: PSS of all processes after the load, in MB.",
            grid.table(totals),
        ),
    ]


def cpu_model() -> str:
    """The processor's name."""
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.partition(": ")[2]
    return platform.machine()


def commit() -> str:
    """The checkout's commit, and whether files differ from it (but for the results)."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/RESULTS.md")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")
