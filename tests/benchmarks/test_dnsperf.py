"""What dnsperf is told, and what it prints."""

from pathlib import Path

import pytest

from benchmarks import dnsperf
from benchmarks.queries import WORKLOADS, Workload

PRINTED = """\
[Status] Sending queries (to 127.0.0.1:53)
> NOERROR a.example A 0.000250
> NXDOMAIN b.example AAAA 0.000100
> T c.example A
[Timeout] Query timed out: msg id 3
Statistics:

  Queries sent:         3
  Queries completed:    2 (66.67%)
  Queries lost:         1 (33.33%)

  Run time (s):         0.500000
"""


def test_parse() -> None:
    result = dnsperf.parse_output(PRINTED)
    assert (result.completed, result.lost, result.seconds) == (2, 1, 0.5)
    assert result.latency == pytest.approx((250.0, 250.0, 250.0))


def test_parse_names_what_is_missing() -> None:
    with pytest.raises(dnsperf.LoadError, match="completed, lost, seconds"):
        dnsperf.parse_output("  Queries sent: 3\n")


@pytest.mark.parametrize(("part", "expected"), [(0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_percentile(part: float, expected: float) -> None:
    assert dnsperf.percentile(list(map(float, range(1, 101))), part) == expected


def arguments(workload: Workload, rate: int | None = None) -> str:
    return " ".join(dnsperf.dnsperf_arguments(dnsperf.LoadRun(workload, Path("q"), 53, 2.0, rate), threads=2))


def test_arguments() -> None:
    workloads = {workload.name: workload for workload in WORKLOADS}
    assert "-m udp" in arguments(workloads["mix"])
    assert "-Q 2000" in arguments(workloads["mix"], 2000)
    assert "-e" in arguments(workloads["edns"]).split()
    assert "-m dot" in arguments(workloads["tls"])
    assert "num-queries-per-conn=1" in arguments(workloads["tcp-new"])
    assert "-T 2 " in arguments(workloads["a"])
    assert "-c 128 " in arguments(workloads["a"]), "64 sockets for each thread"
