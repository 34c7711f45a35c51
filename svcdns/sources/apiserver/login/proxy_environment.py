"""Which proxy the environment names for a URL, by the rules of Go programs such as kubectl. Pure.

Source: golang.org/x/net/http/httpproxy, which client-go uses. It departs from urllib and curl: NO_PROXY may
have networks (10.96.0.0/12) and ports, and a loopback address never has a proxy. Where Go ignores a proxy
that it cannot read, so that requests go out directly, this refuses it by name.
"""

import ipaddress
import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import idna

from svcdns.errors import ConfigError

DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""The schemes that a proxy may have, and the ports where their URLs name none."""

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED_BITS = 96
"""The bits of ::ffff:0:0/96, below which IPv6 has the IPv4 addresses (RFC 4291 2.5.5.2)."""


class _Target(NamedTuple):
    """The host of a request in ASCII, its address if it is one, and its port."""

    host: str
    address: _Address | None
    port: str


def choose_proxy(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy for requests to `url`, None for none.

    Reads HTTPS_PROXY or HTTP_PROXY (by the scheme of `url`) and NO_PROXY, each in capital letters, else in
    small ones. Raises ConfigError, which names the variable, for a proxy that cannot be used.
    """
    scheme = urllib.parse.urlsplit(url).scheme
    name, value = _read_variable(environ, f"{scheme}_proxy")
    if not value or _is_bypassed(_parse_target(url), _read_variable(environ, "no_proxy")[1]):
        return None

    # A CGI program gets the header `Proxy:` of its client as HTTP_PROXY.
    if scheme == "http" and environ.get("REQUEST_METHOD"):
        raise ConfigError(
            f"{name} is not used while REQUEST_METHOD is set, since a client of a CGI program can set it: "
            "unset REQUEST_METHOD, or name the proxy in the kubeconfig (proxy-url)"
        )

    try:
        return check_proxy_url(value if "://" in value else f"http://{value}")
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from error


def check_proxy_url(url: str) -> str:
    """Return the URL of a proxy with its port; raises ValueError, which says what would be right.

    Messages leave out the user and the password.
    """
    try:
        parts = urllib.parse.urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        # Without the text of the error: there may be a part of the password in it.
        raise ValueError(f"{strip_user(url)!r} is no URL: {_RIGHT}") from error

    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise ValueError(
            f"{strip_user(url)!r} has a user or a password with /, ? or #: write %2F, %3F or %23 for it"
        )
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise ValueError(f"{strip_user(url)!r} is no proxy: {_RIGHT}")

    netloc = parts.netloc if port else f"{parts.netloc.rstrip(':')}:{DEFAULT_PORTS[parts.scheme]}"
    return urllib.parse.urlunsplit((parts.scheme, netloc, "", "", ""))


_RIGHT = "write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"


def strip_user(url: str) -> str:
    """The URL for messages: without the user and the password that may stand before the @."""
    scheme, separator, rest = url.partition("://")
    # Also where it is no URL: a password may have "://" in it, or stand before it.
    if not scheme.isalnum():
        scheme, separator, rest = "", "", url
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this host: localhost, 127.0.0.0/8 or ::1."""
    return _leads_to_loopback(_parse_target(url))


def _read_variable(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """The name as it was set, and the value; capital letters count first, and what is empty not at all."""
    for variant in (name.upper(), name):
        if value := environ.get(variant):
            return variant, value
    return name.upper(), ""


def _parse_target(url: str) -> _Target:
    parts = urllib.parse.urlsplit(url)
    host = urllib.parse.unquote(parts.hostname or "")  # a scope stands behind %25 (RFC 6874 2)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    return _Target(_to_ascii(host), _parse_address(host), str(port))


def _is_bypassed(target: _Target, no_proxy: str) -> bool:
    if _leads_to_loopback(target):
        return True

    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    return "*" in entries or any(_is_matched(target, entry) for entry in entries if entry)


def _leads_to_loopback(target: _Target) -> bool:
    if target.address is not None:
        return target.address.is_loopback
    return target.host.removesuffix(".") == "localhost"


def _is_matched(target: _Target, entry: str) -> bool:
    """Whether one entry of NO_PROXY names the target: NETWORK/BITS, or an address or a domain with a port."""
    network = _parse_network(entry)
    if network is not None:
        return target.address is not None and target.address in network

    host, port = _split_port(entry)
    if not host or port not in ("", target.port):
        return False

    # An entry with a scope names nothing, since the scope of a request is not looked at.
    address = None if "%" in host else _parse_address(host)
    if address is not None or target.address is not None:
        return address == target.address

    # `.domain` and `*.domain` stand for all names below it, `domain` for itself too.
    domain = host.removeprefix("*") if host.startswith("*.") else host
    # The dot is no part of a name, and IDNA would refuse it.
    name = _to_ascii(domain.removeprefix("."))
    return target.host.endswith(f".{name}") or (target.host == name and not domain.startswith("."))


def _split_port(entry: str) -> tuple[str, str]:
    """HOST:PORT or [IPV6]:PORT in two; the port is empty if there is none."""
    if entry.startswith("["):
        host, _, port = entry[1:].partition("]")
        return host, port.removeprefix(":")
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""  # an IPv6 address without brackets, or no port


def _parse_address(text: str) -> _Address | None:
    """The address without its scope; one that is IPv4 in IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None

    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _parse_network(text: str) -> _Network | None:
    """ADDRESS/BITS as a network; bits of the host may be set. Masks such as /255.0.0.0 are none here."""
    prefix, _, bits = text.partition("/")
    if not bits.isdecimal() or "%" in prefix:
        return None

    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None

    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


def _to_ascii(host: str) -> str:
    """A host in small letters and as in DNS (RFC 5891 4); as it is where IDNA has no form of it."""
    if host.isascii():
        return host.lower()

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.lower()
