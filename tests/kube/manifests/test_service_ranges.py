"""The ranges of a cluster, and the pool of numbers of one range."""

from ipaddress import ip_network

import pytest

from svcdns.errors import ConfigError
from svcdns.kube.manifests.service_ranges import NumberPool, ServiceRanges


def test_ranges_that_overlap() -> None:
    with pytest.raises(ConfigError, match=r"Service ranges 10.0.0.0/8 and 10.96.0.0/12 overlap"):
        ServiceRanges((ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("10.96.0.0/12")))


def test_families_are_in_the_order_of_the_ranges() -> None:
    ranges = ServiceRanges((ip_network("fd00::/112"), ip_network("10.0.0.0/16"), ip_network("fd01::/112")))

    assert ranges.families == ("IPv6", "IPv4")
    assert ServiceRanges().families == ("IPv4", "IPv6")


def test_a_pool_gives_each_number_once_and_the_band_last() -> None:
    pool = NumberPool(64, reserved_band=16)
    numbers = [pool.allocate(("shop", f"s{number}"), "IPv4") for number in range(64)]

    assert sorted(number for number in numbers if number is not None) == [*range(64)]
    assert min(number for number in numbers[:40] if number is not None) >= 16
    assert pool.allocate(("shop", "late"), "IPv4") is None


def test_a_number_follows_from_the_name_and_the_purpose() -> None:
    first = NumberPool(1 << 20, 256)
    second = NumberPool(1 << 20, 256)
    number = first.allocate(("shop", "db"), "IPv4")
    second.allocate(("shop", "web"), "IPv4")

    assert second.allocate(("shop", "db"), "IPv4") == number
    assert second.allocate(("shop", "db"), "IPv6") != number


def test_a_reserved_number_is_not_allocated() -> None:
    pool = NumberPool(2, reserved_band=0)
    pool.reserve(0, ("shop", "chosen"))

    assert pool.allocate(("shop", "db"), "IPv4") == 1
    assert pool.owners == {0: ("shop", "chosen"), 1: ("shop", "db")}
