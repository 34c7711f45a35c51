"""Rates of networks, by a clock that the test moves."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.clients.rate_limit_options import RateLimitOptions
from svcdns.dns.clients.rate_limiter import (
    LIMITED_INTERVAL,
    MAX_BUCKETS,
    MAX_LIMITED_NETWORKS,
    RateLimiter,
)

CLIENT = bytes((192, 0, 2, 1))
V6 = bytes.fromhex("20010db8000001000000000000000001")
ACCOUNT = b"A\0\1name"


def limiter(workers: int = 1, **options: object) -> RateLimiter:
    return RateLimiter(RateLimitOptions(**{"rate": 10, **options}), workers)  # type: ignore[arg-type]


def ask(limiter: RateLimiter, count: int, now: float = 0.0, client: bytes = CLIENT) -> Counter[str]:
    return Counter(limiter.judge(client, ACCOUNT, now) for _ in range(count))


@pytest.mark.parametrize(("slip", "slipped"), [(0, 0), (1, 90), (2, 45), (3, 30), (10, 9)])
def test_a_second_has_its_rate_and_the_rest_slips_or_is_dropped(slip: int, slipped: int) -> None:
    found = ask(limiter(slip=slip), 100)
    assert (found["send"], found["slip"], found["drop"]) == (10, slipped, 90 - slipped)


def test_whoever_keeps_to_the_rate_is_never_limited() -> None:
    limited = limiter()
    assert {limited.judge(CLIENT, ACCOUNT, number / 10) for number in range(1000)} == {"send"}


def test_a_flood_is_limited_for_the_window_after_its_end() -> None:
    """And no longer, however long it was."""
    limited = limiter(window=5)
    for second in range(60):
        ask(limited, 1000, float(second))
    assert ask(limited, 1, 59 + 4.9)["send"] == 0
    assert ask(limited, 20, 59 + 6.2)["send"] >= 9


def test_during_a_flood_nothing_is_sent_whole() -> None:
    limited = limiter(window=5)
    ask(limited, 1000, 0.0)
    assert sum(ask(limited, 20, 0.1 * tick)["send"] for tick in range(1, 300)) == 0


@pytest.mark.parametrize(
    ("client", "neighbour", "stranger"),
    [
        (CLIENT, bytes((192, 0, 2, 255)), bytes((192, 0, 3, 1))),
        (V6, V6[:7] + bytes(9), V6[:6] + b"\xff" + bytes(9)),
    ],
)
def test_a_network_shares_a_rate(client: bytes, neighbour: bytes, stranger: bytes) -> None:
    limited = limiter()
    ask(limited, 10, client=client)
    assert ask(limited, 1, client=neighbour)["send"] == 0
    assert ask(limited, 1, client=stranger)["send"] == 1
    assert limited.judge(client, b"A\0\1another", 0.0) == "send", "another account has its own"


def test_prefixes_may_be_whole_addresses_or_any_length() -> None:
    limited = limiter(ipv4_prefix=32, ipv6_prefix=61)
    ask(limited, 10)
    assert ask(limited, 1, client=bytes((192, 0, 2, 2)))["send"] == 1
    ask(limited, 11, client=V6)
    assert limited.limited_networks(0.0) == ["2001:db8:0:100::/61"]


@pytest.mark.parametrize(("workers", "sent"), [(1, 10), (2, 5), (4, 2), (100, 1)])
def test_workers_share_the_rate(workers: int, sent: int) -> None:
    assert ask(limiter(workers), 50)["send"] == sent


def test_exempt_networks() -> None:
    limited = limiter(exempt=("192.0.2.0/25", "2001:db8::/32"))
    assert limited.is_exempt(CLIENT)
    assert limited.is_exempt(V6)
    assert not limited.is_exempt(bytes((192, 0, 2, 128)))
    assert not limited.is_exempt(V6[:2] + bytes(14))
    assert not limiter().is_exempt(CLIENT)


def test_the_table_is_bounded_and_forgets_who_asked_longest_ago() -> None:
    limited = limiter()
    ask(limited, 50)
    for number in range(MAX_BUCKETS + 10):
        limited.judge(CLIENT, b"A\0\1" + number.to_bytes(4, "big"), 0.0)
        if not number % 1000:
            assert ask(limited, 1)["send"] == 0, "whoever goes on is not forgotten"
    assert len(limited._buckets) == MAX_BUCKETS


def test_limited_networks_have_an_end_and_a_bound() -> None:
    limited = limiter()
    for number in range(MAX_LIMITED_NETWORKS + 5):
        ask(limited, 11, 0.0, bytes((10, 0, number, 1)))
    found = limited.limited_networks(1.0)
    assert len(found) == MAX_LIMITED_NETWORKS
    assert found[0] == "10.0.0.0/24"
    assert limited.limited_networks(LIMITED_INTERVAL) == []


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 40)), max_size=30), st.integers(1, 30))
def test_never_more_than_the_rate(bursts: list[tuple[float, int]], rate: int) -> None:
    """In any time: what was sent is at most one second's rate, and that of the time."""
    limited = limiter(rate=rate)
    now, sent = 0.0, 0
    for pause, count in bursts:
        now += pause
        sent += ask(limited, count, now)["send"]
        assert sent <= rate + now * rate + 1e-6
