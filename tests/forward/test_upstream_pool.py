"""The upstreams of one route: whom to ask, and what stays when its files change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from svcdns.dns.wire import names
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.options import ForwardOptions, Route, Upstream
from svcdns.forward.upstream_client import UpstreamClient
from svcdns.forward.upstream_pool import MAX_UPSTREAMS_PER_ROUTE, UpstreamPool
from tests.forward.transport_helpers import Clock

CORP = names.from_text("corp.example.")
FIRST, SECOND, THIRD = (Upstream(f"192.0.2.{number}") for number in (1, 2, 3))
SEQUENTIAL = ForwardOptions(policy="sequential")
NewPool = Callable[[Route], UpstreamPool]


@pytest.fixture
def events() -> list[ForwardEvent]:
    """What pools reported."""
    return []


@pytest.fixture
def new_pool(clock: Clock, events: list[ForwardEvent]) -> NewPool:
    """Makes a pool that asks nobody."""
    return lambda route: UpstreamPool(route, UpstreamClient(route.options, clock), events.append)


def upstreams(pool: UpstreamPool) -> list[Upstream]:
    return [server.upstream for server in pool.servers]


def candidates(pool: UpstreamPool) -> list[Upstream]:
    return [server.upstream for server in pool.candidates()]


def write_resolv_conf(path: Path, *upstreams: Upstream) -> None:
    """In one step, as another file, so that the change is seen."""
    new_path = path.with_suffix(".new")
    new_path.write_text("".join(f"nameserver {upstream.host}\n" for upstream in upstreams))
    new_path.replace(path)


async def test_those_that_are_down_or_looping_are_left_out(new_pool: NewPool) -> None:
    pool = new_pool(Route(names.ROOT, (FIRST, SECOND, THIRD), options=SEQUENTIAL))
    first, second, third = pool.servers
    assert candidates(pool) == [FIRST, SECOND, THIRD]

    first.record_failure(1.0, True, "nobody listens", b"\0")
    second.record_loop_check(True)
    assert candidates(pool) == [THIRD]
    assert pool.all_down_count == 0

    third.record_failure(1.0, True, "nobody listens", b"\0")
    assert sorted(candidates(pool)) == [FIRST, THIRD], "all that are down are tried"
    assert pool.all_down_count == 1


async def test_where_all_lead_back_there_is_nobody(new_pool: NewPool) -> None:
    pool = new_pool(Route(CORP, (FIRST, SECOND)))
    for server in pool.servers:
        server.record_loop_check(True)

    assert not pool.candidates()
    assert pool.all_down_count == 0
    assert (
        pool.explain_no_candidates()
        == "all upstreams of corp.example. lead back to this server: 192.0.2.1:53, 192.0.2.2:53"
    )


async def test_a_route_to_nobody(new_pool: NewPool) -> None:
    pool = new_pool(Route(CORP))
    assert pool.is_never_forwarded
    assert not pool.candidates()
    assert pool.explain_no_candidates() == "there are no upstreams of corp.example."


async def test_files_may_bring_upstreams_later(new_pool: NewPool, tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    write_resolv_conf(path)
    pool = new_pool(Route(names.ROOT, (), (str(path),)))

    assert not pool.is_never_forwarded
    assert pool.explain_no_candidates() == f"there are no upstreams; no nameserver in {path}"

    write_resolv_conf(path, FIRST)
    assert pool.reload_files()
    assert upstreams(pool) == [FIRST]


async def test_those_that_stay_keep_their_state(new_pool: NewPool, tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    write_resolv_conf(path, SECOND, FIRST)
    pool = new_pool(Route(names.ROOT, (FIRST,), (str(path),)))
    assert upstreams(pool) == [FIRST, SECOND], "each once, those of files last"
    assert not pool.reload_files()

    first = pool.servers[0]
    first.query_count = 7
    write_resolv_conf(path, THIRD)
    assert pool.reload_files()
    assert upstreams(pool) == [FIRST, THIRD]
    assert pool.servers[0] is first
    assert not pool.reload_files()


async def test_a_file_that_is_gone_changes_nothing(
    new_pool: NewPool, events: list[ForwardEvent], tmp_path: Path
) -> None:
    path = tmp_path / "resolv.conf"
    write_resolv_conf(path, FIRST)
    pool = new_pool(Route(names.ROOT, (), (str(path),)))
    assert not events

    path.unlink()
    assert not pool.reload_files()
    assert upstreams(pool) == [FIRST]
    text = f"{path}: No such file or directory; asked as before: 192.0.2.1:53"
    assert events == [ForwardEvent("resolv-conf", str(path), text)]


async def test_too_many_upstreams(new_pool: NewPool, events: list[ForwardEvent]) -> None:
    many = tuple(Upstream(f"192.0.2.{number}") for number in range(40))
    pool = new_pool(Route(CORP, many))
    assert upstreams(pool) == list(many[:MAX_UPSTREAMS_PER_ROUTE])
    text = "only the first 32 of 40 upstreams of corp.example. are asked"
    assert events == [ForwardEvent("resolv-conf", "corp.example.", text)]
