"""Which proxy the environment names: a table of cases, which Go's own client must see the same way."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from svcdns.errors import ConfigError
from svcdns.sources.apiserver.login import proxy_environment
from svcdns.sources.apiserver.login.proxy_environment import choose_proxy

PROXY = "http://squid.lan:3128"
API = "https://10.96.0.1:443"
NAMED = "https://api.prod.example:6443"

# The URL of a request, NO_PROXY, and whether a proxy is used for it.
NO_PROXY_CASES = [
    # Nothing matches.
    (API, "", True),
    (API, " , ,", True),
    (NAMED, "dev.example,10.0.0.0/8", True),
    # Networks.
    (API, "10.96.0.0/12", False),
    (API, "192.168.0.0/16, 10.96.0.0/12 ,.svc", False),
    (API, "10.96.0.77/12", False),  # bits of the host are set
    (API, "10.96.0.1/32", False),
    (API, "0.0.0.0/0", False),
    (API, "10.112.0.0/12", True),
    (API, "10.96.0.0/255.240.0.0", True),  # a mask is no length
    (API, "10.96.0.0/33", True),
    (API, "10.96.0.0/", True),
    (API, "10.96/12", True),
    (API, "::/0", True),
    (NAMED, "0.0.0.0/0", True),  # a name is not looked up for this
    ("https://[fd00:10:96::1]:443", "fd00:10:96::/112", False),
    ("https://[fd00:10:96::1]:443", "FD00:10:96::/112", False),
    ("https://[fd00:10:97::1]:443", "fd00:10:96::/112", True),
    ("https://[::ffff:10.96.0.1]:443", "10.96.0.0/12", False),
    (API, "::ffff:10.96.0.0/108", False),
    (API, "::ffff:10.112.0.0/108", True),
    # Addresses.
    (API, "10.96.0.1", False),
    (API, "10.96.0.10", True),
    (API, "10.96.0.1:443", False),
    (API, "10.96.0.1:", False),
    (API, "10.96.0.1:6443", True),
    (API, "10.96.0.1:0443", True),
    ("https://10.96.0.1", "10.96.0.1:443", False),
    ("http://10.96.0.1", "10.96.0.1:443", True),
    ("http://10.96.0.1", "10.96.0.1:80", False),
    (API, "010.096.000.001", True),
    ("https://[fd00::1]:6443", "fd00::1", False),
    ("https://[fd00::1]:6443", "fd00:0:0::1", False),
    ("https://[fd00::1]:6443", "[fd00::1]:6443", False),
    ("https://[fd00::1]:6443", "[fd00::1]:443", True),
    ("https://[fd00::1]:6443", "[fd00::2]:6443", True),
    ("https://[fe80::1%25eth0]:6443", "fe80::1", False),
    ("https://[fe80::1%25eth0]:6443", "fe80::/10", False),
    ("https://[fe80::1%25eth0]:6443", "fe80::1%eth0", True),
    ("https://[::ffff:10.96.0.1]:443", "10.96.0.1", False),
    # Domains.
    (NAMED, "prod.example", False),
    (NAMED, "api.prod.example", False),
    (NAMED, "API.Prod.Example", False),
    ("https://API.Prod.Example:6443", "prod.example", False),
    (NAMED, ".prod.example", False),
    (NAMED, "*.prod.example", False),
    (NAMED, ".api.prod.example", True),
    (NAMED, "*.api.prod.example", True),
    (NAMED, "pi.prod.example", True),
    (NAMED, "rod.example", True),
    (NAMED, "prod.example:6443", False),
    (NAMED, ".prod.example:6443", False),
    (NAMED, "*.prod.example:6443", False),
    (NAMED, "prod.example:443", True),
    (NAMED, "api.*.example", True),
    (NAMED, "example.", True),
    (NAMED, "dev.example api.prod.example", True),  # only commas part entries
    (NAMED, ":6443", True),
    (NAMED, ".", True),
    ("https://kubernetes.default.svc", ".svc,.cluster.local", False),
    ("https://api.bücher.example", "bücher.example", False),
    ("https://api.bücher.example", "xn--bcher-kva.example", False),
    ("https://api.xn--bcher-kva.example", ".bücher.example", False),
    ("https://api.xn--bcher-kva.example", "BÜCHER.example", False),
    # Everything, if it is an entry of its own.
    (NAMED, "*", False),
    (API, "192.0.2.1, * ", False),
    (NAMED, "**", True),
    (NAMED, "*:6443", True),
    # This host never has one.
    ("https://localhost:6443", "", False),
    ("https://127.0.0.1:6443", "", False),
    ("https://127.9.9.9:6443", "", False),
    ("https://[::1]:6443", "", False),
    ("https://[::ffff:127.0.0.1]:6443", "", False),
    ("https://localhost.example:6443", "", True),
    ("https://128.0.0.1:6443", "", True),
]

# The URL of a request, the environment, and the proxy.
VARIABLE_CASES: list[tuple[str, dict[str, str], str | None]] = [
    (API, {}, None),
    (API, {"HTTPS_PROXY": PROXY}, PROXY),
    (API, {"https_proxy": PROXY}, PROXY),
    (API, {"HTTPS_PROXY": PROXY, "https_proxy": "http://small:1"}, PROXY),
    (API, {"HTTPS_PROXY": "", "https_proxy": PROXY}, PROXY),
    (API, {"HTTPS_PROXY": PROXY, "NO_PROXY": "", "no_proxy": "10.96.0.1"}, None),
    (API, {"HTTPS_PROXY": PROXY, "NO_PROXY": "x", "no_proxy": "10.96.0.1"}, PROXY),
    (API, {"HTTP_PROXY": PROXY}, None),
    (API, {"ALL_PROXY": PROXY, "all_proxy": PROXY}, None),
    ("http://api:8080", {"HTTP_PROXY": PROXY}, PROXY),
    ("http://api:8080", {"HTTPS_PROXY": PROXY}, None),
    (API, {"HTTPS_PROXY": PROXY, "REQUEST_METHOD": "GET"}, PROXY),
    (API, {"HTTPS_PROXY": "squid.lan:3128"}, PROXY),
    (API, {"HTTPS_PROXY": "10.0.0.9:3128"}, "http://10.0.0.9:3128"),
    (API, {"HTTPS_PROXY": "[fd00::9]:3128"}, "http://[fd00::9]:3128"),
    (API, {"HTTPS_PROXY": "https://tls.lan:8443"}, "https://tls.lan:8443"),
    (API, {"HTTPS_PROXY": "socks5://jump.lan:1080"}, "socks5://jump.lan:1080"),
    (API, {"HTTPS_PROXY": "socks5h://jump.lan:1080"}, "socks5h://jump.lan:1080"),
    (API, {"HTTPS_PROXY": "http://me:s%40crt@squid.lan:3128"}, "http://me:s%40crt@squid.lan:3128"),
    ("http://localhost", {"HTTP_PROXY": PROXY}, None),
]

CASES = VARIABLE_CASES + [
    (url, {"HTTPS_PROXY": PROXY, "HTTP_PROXY": PROXY, "NO_PROXY": no_proxy}, PROXY if used else None)
    for url, no_proxy, used in NO_PROXY_CASES
]


@pytest.mark.parametrize(("url", "environ", "proxy"), CASES)
def test_the_proxy_of_a_url(url: str, environ: Mapping[str, str], proxy: str | None) -> None:
    assert choose_proxy(url, environ) == proxy


@pytest.mark.skipif(not shutil.which("go"), reason="go is not installed")
def test_go_sees_each_case_the_same_way(tmp_path: Path) -> None:
    program = tmp_path / "proxy"
    source = Path(__file__).with_name("proxy_from_environment.go")
    offline = os.environ | {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOFLAGS": "",
        "GOWORK": "off",
    }
    subprocess.run(["go", "build", "-o", program, source], env=offline, check=True)

    differences = []
    for url, environ, proxy in CASES:
        printed = subprocess.run([program, url], env=environ, capture_output=True, check=True, text=True)
        if printed.stdout.strip() != (proxy or ""):
            differences.append((url, environ, proxy, printed.stdout))
    assert not differences


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("squid.lan", "http://squid.lan:80"),
        ("https://squid.lan/", "https://squid.lan:443"),
        ("socks5://squid.lan", "socks5://squid.lan:1080"),
        ("socks5h://u@squid.lan:", "socks5h://u@squid.lan:1080"),
        (" http://squid.lan:3128\n", PROXY),
    ],
)
def test_what_a_proxy_leaves_out(value: str, url: str) -> None:
    assert choose_proxy(API, {"https_proxy": value}) == url


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"HTTPS_PROXY": "ftp://u:pw@squid.lan"}, "HTTPS_PROXY: 'ftp://squid.lan' is no proxy: write http"),
        ({"https_proxy": "socks4://squid.lan"}, "https_proxy: 'socks4://squid.lan' is no proxy: write http"),
        ({"HTTPS_PROXY": "u:pw@squid.lan:many"}, r"HTTPS_PROXY: 'http://squid.lan:many' is no URL: write"),
        ({"HTTPS_PROXY": "http://:3128"}, "is no proxy"),
        ({"HTTPS_PROXY": "http://squid.lan:0"}, "is no proxy"),
        ({"HTTPS_PROXY": "ftp://u:p://pw@squid.lan"}, "'ftp://squid.lan' is no URL: write"),
        ({"HTTPS_PROXY": "http://me:7/pw@squid.lan"}, "password with /, . or #: write %2F"),
        ({"HTTPS_PROXY": "u:pw://x@squid.lan"}, "'squid.lan' has a user or a password with"),
        ({"HTTPS_PROXY": "http://[squid"}, "is no URL"),
    ],
)
def test_a_proxy_that_is_none_is_refused_by_name(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        choose_proxy(API, environ)
    assert "pw" not in str(raised.value)
    assert choose_proxy("https://127.0.0.1", environ) is None


def test_a_cgi_program_does_not_believe_its_client() -> None:
    environ = {"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}
    with pytest.raises(ConfigError, match=r"HTTP_PROXY is not used while REQUEST_METHOD is set.*unset"):
        choose_proxy("http://api:8080", environ)
    assert choose_proxy("http://127.0.0.1:8080", environ) is None


def test_brackets_need_no_port() -> None:
    """Go reads `[fd00::1]` as a name, which nothing has."""
    assert choose_proxy("https://[fd00::1]", {"HTTPS_PROXY": PROXY, "NO_PROXY": "[fd00::1]"}) is None


@given(st.text(alphabet=":/@h7."), st.sampled_from(["", "ftp://", "http://", "socks5://"]))
def test_a_password_is_never_told(noise: str, scheme: str) -> None:
    for value in (f"{scheme}me:{noise}sesame{noise}@squid", f"{scheme}{noise}:sesame@squid:x"):
        assert "sesame" not in proxy_environment.strip_user(value)
        try:
            choose_proxy(API, {"HTTPS_PROXY": value})
        except ConfigError as error:
            assert "sesame" not in str(error)


@given(st.text(), st.text(), st.text())
@example("http://[::1%lo]:1", "é.", "1.2.3.4/²")
def test_any_text_in_the_environment(value: str, no_proxy: str, entry: str) -> None:
    environ = {"HTTPS_PROXY": value, "NO_PROXY": f"{no_proxy},{entry}"}
    for url in (API, NAMED, "https://[fd00::1]:6443"):
        try:
            proxy = choose_proxy(url, environ)
        except ConfigError:
            continue
        assert proxy is None or proxy.partition("://")[0] in proxy_environment.DEFAULT_PORTS


@pytest.mark.parametrize(
    ("url", "expected"),
    [("http://localhost:1", True), ("http://[::1]", True), ("http://127.1.2.3/x", True), ("http://a", False)],
)
def test_is_loopback(url: str, expected: bool) -> None:
    assert proxy_environment.is_loopback(url) == expected
