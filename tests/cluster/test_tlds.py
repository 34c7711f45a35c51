"""Top-level domains, as IANA lists them."""

import pytest

from svcdns.cluster import tlds


@pytest.mark.parametrize("name", ["com", "dev", "io", "de", "xn--p1ai"])
def test_top_level_domains(name: str) -> None:
    assert tlds.is_tld(name)


@pytest.mark.parametrize("name", ["kube-system", "default", "cluster", "local", "test", "co m", "", "zuer"])
def test_what_is_none(name: str) -> None:
    assert not tlds.is_tld(name)
