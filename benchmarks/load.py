"""The load: one run of dnsperf, and what it printed as numbers."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.queries import Workload

CLIENTS = 64
"""Client sockets; a connection each over TCP."""

OUTSTANDING = 128
"""Queries on their way at most: a server's receive buffer (208 KiB by default) holds them all."""

PATTERNS = {
    "sent": r"Queries sent:\s+(\d+)",
    "completed": r"Queries completed:\s+(\d+)",
    "lost": r"Queries lost:\s+(\d+)",
    "seconds": r"Run time \(s\):\s+([\d.]+)",
}

LATENCY = re.compile(r"^> \S+ \S+ \S+ ([\d.]+)$", re.MULTILINE)
"""The line of one query: its answer's code, name, type, seconds. A lost one has no seconds."""


class LoadError(Exception):
    """dnsperf failed; the text is its own."""


@dataclass(frozen=True, slots=True)
class Load:
    """What dnsperf saw. `latencies` are sorted seconds, empty unless they were asked for."""

    sent: int
    completed: int
    lost: int
    seconds: float
    latencies: tuple[float, ...] = ()

    def percentile(self, part: float) -> float | None:
        """Latency in seconds that `part` (0 to 1) of the queries did not exceed."""
        if not self.latencies:
            return None
        return self.latencies[min(int(len(self.latencies) * part), len(self.latencies) - 1)]


def run(
    workload: Workload, questions: Path, port: int, core: int, seconds: float, rate: int | None, log: Path
) -> Load:
    """Ask for some seconds, at `rate` queries a second or as fast as answers come back.

    With a rate every query's latency is kept too.
    """
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", str(questions), "-t", "2"]
    command += ["-c", str(CLIENTS), "-T", "1", "-l", f"{seconds:g}", "-m", workload.transport]
    command += ["-Q", str(rate), "-v"] if rate else []
    command += ["-q", str(OUTSTANDING)]
    command += ["-e"] if workload.edns else []
    command += ["-O", "num-queries-per-conn=1"] if workload.fresh else []
    with log.open("w") as out:
        done = subprocess.run(
            processes.pinned(core, command), stdout=out, stderr=subprocess.STDOUT, check=False
        )
    text = log.read_text(errors="replace")
    if done.returncode:
        raise LoadError(text.strip() or f"dnsperf ended with {done.returncode}")
    return parse(text)


def parse(text: str) -> Load:
    """Read what dnsperf printed."""
    numbers = {name: re.search(pattern, text) for name, pattern in PATTERNS.items()}
    missing = [name for name, found in numbers.items() if not found]
    if missing:
        raise LoadError(f"dnsperf printed no {', '.join(missing)}:\n{text.strip()[-500:]}")
    values = {name: float(found[1]) for name, found in numbers.items() if found}
    latencies = sorted(map(float, LATENCY.findall(text)))
    return Load(
        int(values["sent"]),
        int(values["completed"]),
        int(values["lost"]),
        values["seconds"],
        tuple(latencies),
    )
