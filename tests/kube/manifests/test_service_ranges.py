"""The ranges of a cluster, and the pool of numbers of one range."""

from ipaddress import ip_network

import pytest

from svcdns.errors import ConfigError
from svcdns.kube.manifests.service_ranges import ServiceRanges


def test_ranges_that_overlap() -> None:
    with pytest.raises(ConfigError, match=r"Service ranges 10.0.0.0/8 and 10.96.0.0/12 overlap"):
        ServiceRanges((ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("10.96.0.0/12")))
