"""Results as a run would have made them."""

from benchmarks.machine import RunInfo
from benchmarks.measure import Measurement
from benchmarks.results import Churn, Events, Memory, Peers, Relist, Scale, Size, Start

HERE = RunInfo("2026-01-01 00:00 UTC", "abc1234", "python -m benchmarks", "a CPU", 2, "6.1", "3.11.7")
LATENCY = (100.0, 200.0, 300.0)


def measurement(
    server: str, turn: int, cost: float, workload: str = "mix", rate: int | None = None, lost: int = 0
) -> Measurement:
    """1,000 queries in a second, so many microseconds each."""
    latency = LATENCY if rate else None
    return Measurement(workload, rate, server, turn, 1000, lost, 1.0, 1000 * cost, 600.0, 400.0, latency)


def peers() -> Peers:
    """Two servers; the mix costs svcdns 1.1 times what it costs NSD."""
    costs = {"nsd": (5.0, 10.0, 5.0), "svcdns": (6.0, 11.0, 5.5)}
    result = [measurement(name, turn, item) for name, all_ in costs.items() for turn, item in enumerate(all_)]
    result += [measurement(name, 0, 20.0, rate=rate) for name in costs for rate in (2000, 3000)]
    result += [measurement("svcdns", 0, 7.5, "forwarded", lost=3)]

    return Peers(
        here=HERE,
        titles={"svcdns": "svcdns", "nsd": "NSD"},
        versions={"svcdns": "0.1.0", "nsd": "4.6.1"},
        missing={"Knot": "not installed (Debian: knot)"},
        memory={"svcdns": 90_000_000, "nsd": 60_000_000},
        differences=[],
        rates=[2000],
        common_rate=3000,
        services=101,
        endpoints=950,
        rounds=3,
        seconds=1.0,
        measurements=result,
    )


def size(services: int) -> Size:
    """Everything in proportion."""
    return Size(
        services=services,
        endpoints=9 * services,
        json=5000 * services,
        cold=[Start(services / 4000, 1.0, 0.1)],
        warm=[0.3],
        memory=Memory(100_000_000, 5_000_000, 110_000_000, 120_000_000),
        events=Events(idle=[[1000.0, 2000.0]], loaded=[[4000.0, 9000.0]]),
    )


def scale() -> Scale:
    """Two sizes; two workers were not run."""
    return Scale(
        here=HERE,
        rounds=1,
        seconds=1.0,
        rate=20_000,
        titles={"svcdns": "svcdns", "nsd": "NSD"},
        workers={1: [measurement("svcdns", 0, 6.0), measurement("nsd", 0, 5.0)], 2: None},
        sizes=[size(100), size(10_000)],
        growth=[
            measurement(str(services), 0, cost, rate=rate)
            for services, cost in ((100, 5.0), (10_000, 8.0))
            for rate in (None, 20_000)
        ],
        measured_at=10_000,
        large=Events(idle=[[5000.0]], loaded=[[]]),
        churn=Churn(60.0, 60_000, 150.0, [900.0], LATENCY, 0, 1 << 20, 2 << 20),
        relists=[Relist(LATENCY, LATENCY, 1.5, 0)],
    )
