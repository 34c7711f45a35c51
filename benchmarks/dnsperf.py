"""The load: one run of dnsperf, and what it printed as numbers."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks import processes
from benchmarks.queries import Workload

CLIENT_SOCKETS = 64
"""Client sockets; a connection each over TCP and TLS."""

MAX_OUTSTANDING = 128
"""Queries that wait for an answer at most: a server's receive buffer (208 KiB by default) holds them all."""

PATTERNS = {
    "completed": r"Queries completed:\s+(\d+)",
    "lost": r"Queries lost:\s+(\d+)",
    "seconds": r"Run time \(s\):\s+([\d.]+)",
}

LATENCY = re.compile(r"^> \S+ \S+ \S+ ([\d.]+)$", re.MULTILINE)
"""The line of one query: its answer's code, name, type, seconds. A lost one has no seconds."""

Percentiles: TypeAlias = tuple[float, float, float]
"""p50, p99 and p99.9, in microseconds."""


class LoadError(Exception):
    """dnsperf failed; the text is its own."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What dnsperf saw; `latency` is None unless it was asked for."""

    completed: int
    lost: int
    seconds: float
    latency: Percentiles | None = None


@dataclass(frozen=True, slots=True)
class LoadRun:
    """What dnsperf is to do: `rate` in queries a second, None as fast as answers come back."""

    workload: Workload
    questions: Path
    port: int
    seconds: float
    rate: int | None = None


def run_load(load_run: LoadRun, cores: Sequence[int], log: Path) -> LoadResult:
    """Ask, and wait for the end. Raises LoadError.

    With a rate, each query's latency is measured too: at saturation it would only show the queue's length.
    """
    arguments = dnsperf_arguments(load_run, len(cores))
    if load_run.rate:
        arguments.append("-v")

    return run_dnsperf(arguments, cores, log)


def ask_each_once(questions: Path, port: int, cores: Sequence[int], log: Path) -> LoadResult:
    """Ask each question of the file once."""
    command = ["-s", "127.0.0.1", "-p", str(port), "-d", str(questions), "-n", "1", "-t", "5"]
    return run_dnsperf(command, cores, log)


def dnsperf_arguments(load_run: LoadRun, threads: int) -> list[str]:
    """The arguments of dnsperf; `threads` is also the number of cores it gets."""
    workload = load_run.workload
    arguments = ["-s", "127.0.0.1", "-p", str(load_run.port), "-d", str(load_run.questions), "-t", "2"]
    arguments += [
        "-c",
        str(CLIENT_SOCKETS * threads),
        "-T",
        str(threads),
        "-q",
        str(MAX_OUTSTANDING * threads),
    ]
    arguments += ["-l", f"{load_run.seconds:g}", "-m", workload.transport]
    arguments += ["-Q", str(load_run.rate)] if load_run.rate else []
    arguments += ["-e"] if workload.has_edns else []
    arguments += ["-O", "num-queries-per-conn=1"] if workload.is_connection_per_query else []

    return arguments


def run_dnsperf(arguments: Sequence[str], cores: Sequence[int], log: Path) -> LoadResult:
    """Run dnsperf on these cores, and read what it printed. Raises LoadError."""
    # Through a file: with -v it prints a line for each query, and a pipe would slow it down.
    with log.open("w") as out:
        command = processes.pin_command(cores, ["dnsperf", *arguments])
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False)

    text = log.read_text(errors="replace")
    if done.returncode:
        raise LoadError(text.strip()[-500:] or f"dnsperf ended with {done.returncode}")

    return parse_output(text)


def parse_output(text: str) -> LoadResult:
    """Read what dnsperf printed; raises LoadError if a number is missing."""
    numbers = {name: re.search(pattern, text) for name, pattern in PATTERNS.items()}
    missing = [name for name, match in numbers.items() if not match]
    if missing:
        raise LoadError(f"dnsperf printed no {', '.join(missing)}:\n{text.strip()[-500:]}")

    values = {name: float(match[1]) for name, match in numbers.items() if match}

    # Of every answer, since dnsperf itself prints the mean and no percentiles.
    seconds = sorted(map(float, LATENCY.findall(text)))
    latency = reported_percentiles([number * 1e6 for number in seconds]) if seconds else None

    return LoadResult(int(values["completed"]), int(values["lost"]), values["seconds"], latency)


def percentile(ordered: Sequence[float], fraction: float) -> float:
    """The value that `fraction` (0 to 1) of the values do not exceed; they are sorted, smallest first."""
    return ordered[min(int(len(ordered) * fraction), len(ordered) - 1)]


def reported_percentiles(ordered: Sequence[float]) -> Percentiles:
    """The percentiles that the report shows, of sorted values."""
    return percentile(ordered, 0.5), percentile(ordered, 0.99), percentile(ordered, 0.999)
