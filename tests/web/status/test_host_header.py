"""Which names a browser may have been given for this server, and which only a stranger would use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.web.status import host_header


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:9153",
        "10.0.0.7:",
        "[::1]",
        "[::1]:9153",
        "[fe80::1%eth0]:9153",
        "localhost",
        "LocalHost:9153",
        "svcdns.localhost:9153",
        "svcdns",
        "svcdns.kube-system.svc:9153",
        "svcdns.kube-system.svc.cluster.local:9153",
    ],
)
def test_trusted(host: str) -> None:
    assert host_header.is_trusted(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":9153",
        "evil.example",
        "evil.example:9153",
        "127.0.0.1.evil.example",
        "127.0.0.1.evil.example:9153",
        "localhost.evil.example",
        "svc.evil.example",
        "evilsvc.cluster.example",
        "evil.localhost.",
        "ai.",
        "127.0.0.1.",
        "127.0.0.256",
        "[::1].evil.example",
        "[evil.example]",
        "[]",
        "127.0.0.1@evil.example",
        "evil.example/127.0.0.1",
        "127.0.0.1:9153:80",
        "127.0.0.1:port",
    ],
)
def test_not_trusted(host: str) -> None:
    assert not host_header.is_trusted(host)


@given(st.text())
def test_any_text_is_decided(text: str) -> None:
    assert host_header.is_trusted(text) in (True, False)
    assert not host_header.is_trusted(f"{text}.evil.example")
