"""What was measured, as it is kept: `results/*.json`, from which RESULTS.md and the charts are made.

Each run replaces its own file; the report shows the last of each.
"""

from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from benchmarks.dnsperf import Percentiles
from benchmarks.fairness.victim import Delays
from benchmarks.machine import RunInfo
from benchmarks.measure import Measurement

T = TypeVar("T", bound=Struct)


class Peers(Struct, frozen=True, omit_defaults=True):
    """`make bench`. `titles` are the servers' in order, `missing` says why one was not measured."""

    here: RunInfo
    titles: dict[str, str]
    versions: dict[str, str]
    missing: dict[str, str]
    memory: dict[str, int]
    """Bytes."""
    differences: list[str]
    """Questions that the servers answered differently."""
    rates: list[int]
    common_rate: int
    services: int
    endpoints: int
    rounds: int
    seconds: float
    measurements: list[Measurement]
    trees: list[str] = []
    """The servers that are other checkouts of svcdns."""


class Start(Struct, frozen=True):
    """From the command to the first right answer; CPU of svcdns and of what it asked, in seconds."""

    seconds: float
    cpu: float
    api_cpu: float


class Memory(Struct, frozen=True):
    """Bytes of two workers and the others; `table` is the part that is the table's pages."""

    settled: int
    table: int
    peak_start: int
    peak_relist: int


class Events(Struct, frozen=True):
    """From an event to its answer: one list of microseconds, smallest first, for each run."""

    idle: list[list[float]]
    loaded: list[list[float]]


class Size(Struct, frozen=True):
    """A cluster of so many Services; `json` is how many bytes its lists have."""

    services: int
    endpoints: int
    json: int
    cold: list[Start]
    warm: list[float]
    memory: Memory
    events: Events


class Churn(Struct, frozen=True):
    """Endpoint changes at a rate, beside queries; CPU of the watcher in microseconds."""

    seconds: float
    changes: int
    cpu: float
    events: list[float]
    latency: Percentiles
    lost: int
    table_before: int
    table_after: int


class Relist(Struct, frozen=True):
    """Queries' latency without and with a relist that took so many seconds."""

    without: Percentiles
    beside: Percentiles
    seconds: float
    lost: int


class Tree(Struct, frozen=True):
    """Another checkout of svcdns, measured in turns with this one; fields as in `Scale`."""

    title: str
    sizes: list[Size]
    growth: list[Measurement]


class Scale(Struct, frozen=True, omit_defaults=True):
    """`make bench-scale`."""

    here: RunInfo
    rounds: int
    seconds: float
    rate: int
    titles: dict[str, str]
    workers: dict[int, list[Measurement] | None]
    """By their number; None where cores are missing."""
    sizes: list[Size]
    growth: list[Measurement]
    """Of one server for each size, named by it."""
    measured_at: int
    """Services of the cluster that the rest was measured with."""
    large: Events | None
    """A Service of 10,000 endpoints."""
    churn: Churn | None
    relists: list[Relist]
    trees: list[Tree] = []


class FloodRun(Struct, frozen=True):
    """What another client saw of one server during one flood.

    svcdns's own counts: `shed` are queries that were refused early, `dropped` are those that found a receive
    buffer full, `limited` are replies beyond the rate limit.
    """

    server: str
    flood: str
    round: int
    delays: Delays
    shed: int | None
    dropped: int | None = None
    limited: int | None = None
    sent_rate: float | None = None
    """Queries a second that the flood sent."""


class Fairness(Struct, frozen=True):
    """`make bench-fairness`. `titles` are the servers' in order, `floods` the floods' by their names."""

    here: RunInfo
    titles: dict[str, str]
    versions: dict[str, str]
    missing: list[str]
    floods: dict[str, str]
    services: int
    rounds: int
    seconds: float
    runs: list[FloodRun]


class Timing(Struct, frozen=True):
    """Of one pure function: microseconds of a call."""

    title: str
    mean: float
    deviation: float


class Micro(Struct, frozen=True):
    """`make bench-micro`."""

    here: RunInfo
    timings: list[Timing]


def save(run: Peers | Scale | Fairness | Micro, folder: Path) -> None:
    """Write a run into its file."""
    folder.mkdir(parents=True, exist_ok=True)
    _file(folder, type(run)).write_bytes(msgspec.json.encode(run) + b"\n")


def load(folder: Path, kind: type[T]) -> T | None:
    """The last run of a kind, if there was one."""
    path = _file(folder, kind)
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else None


def _file(folder: Path, kind: type[Struct]) -> Path:
    return folder / f"{kind.__name__.lower()}.json"
