"""The load: one run of dnsperf, and what it printed as numbers."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks import processes
from benchmarks.queries import Workload

CLIENTS = 64
"""Client sockets; a connection each over TCP and TLS."""

OUTSTANDING = 128
"""Queries on their way at most: a server's receive buffer (208 KiB by default) holds them all."""

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
class Load:
    """What dnsperf saw; `latency` is None unless it was asked for."""

    completed: int
    lost: int
    seconds: float
    latency: Percentiles | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What dnsperf is to do: `rate` in queries a second, None as fast as answers come back."""

    workload: Workload
    questions: Path
    port: int
    seconds: float
    rate: int | None = None


def run(wanted: Run, cores: Sequence[int], log: Path) -> Load:
    """Ask, and wait for the end; with a rate every query's latency is looked at too. Raises LoadError."""
    return dnsperf([*arguments(wanted, len(cores)), *(["-v"] if wanted.rate else [])], cores, log)


def once(questions: Path, port: int, cores: Sequence[int], log: Path) -> Load:
    """Ask each question of the file once."""
    command = ["-s", "127.0.0.1", "-p", str(port), "-d", str(questions), "-n", "1", "-t", "5"]
    return dnsperf(command, cores, log)


def arguments(wanted: Run, threads: int) -> list[str]:
    """As dnsperf takes them."""
    workload = wanted.workload
    found = ["-s", "127.0.0.1", "-p", str(wanted.port), "-d", str(wanted.questions), "-t", "2"]
    found += ["-c", str(CLIENTS * threads), "-T", str(threads), "-q", str(OUTSTANDING * threads)]
    found += ["-l", f"{wanted.seconds:g}", "-m", workload.transport]
    found += ["-Q", str(wanted.rate)] if wanted.rate else []
    found += ["-e"] if workload.edns else []
    found += ["-O", "num-queries-per-conn=1"] if workload.fresh else []
    return found


def dnsperf(arguments: Sequence[str], cores: Sequence[int], log: Path) -> Load:
    """Run it on these cores; what it prints goes through a file, for it may be much."""
    with log.open("w") as out:
        command = processes.pinned(cores, ["dnsperf", *arguments])
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False)
    text = log.read_text(errors="replace")
    if done.returncode:
        raise LoadError(text.strip()[-500:] or f"dnsperf ended with {done.returncode}")
    return parse(text)


def parse(text: str) -> Load:
    """Read what dnsperf printed."""
    numbers = {name: re.search(pattern, text) for name, pattern in PATTERNS.items()}
    missing = [name for name, found in numbers.items() if not found]
    if missing:
        raise LoadError(f"dnsperf printed no {', '.join(missing)}:\n{text.strip()[-500:]}")
    values = {name: float(found[1]) for name, found in numbers.items() if found}
    seconds = sorted(map(float, LATENCY.findall(text)))
    latency = percentiles([number * 1e6 for number in seconds]) if seconds else None
    return Load(int(values["completed"]), int(values["lost"]), values["seconds"], latency)


def percentile(ordered: Sequence[float], part: float) -> float:
    """What `part` (0 to 1) of the values, smallest first, do not exceed."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def percentiles(ordered: Sequence[float]) -> Percentiles:
    """Those that are reported."""
    return percentile(ordered, 0.5), percentile(ordered, 0.99), percentile(ordered, 0.999)
