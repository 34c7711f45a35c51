"""`forward`: whom to ask. The servers of all blocks become routes by suffix, the longest one counts.

How servers are asked is one setting for all, so a second `forward` that wants it otherwise is named.
"""

import contextlib
import ipaddress
from collections.abc import Iterator

from svcdns.config import forwards
from svcdns.config.corefile import scope
from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Translation, count, only, seconds, whole

_NOT_NEEDED = {
    "prefer_udp": "UDP always comes first",
    "expire": "a connection ends by its age",
    "max_idle_conns": "one connection to each server is kept",
    "max_fails": "a server's own answers tell whether it is up",
    "max_connect_attempts": "the time for a question bounds them",
    "health_check": "a server that does not answer is tried again, at growing intervals",
    "doh_method": "DNS over HTTPS is not spoken",
    "failfast_all_unhealthy_upstreams": "who is down is tried last, while there is time",
}
_SAID = "what a server says is the answer"
_UNSUPPORTED = {
    "force_tcp": "servers are asked over UDP, and over TCP where an answer is cut short",
    "next": _SAID,
    "next_on_nodata": _SAID,
    "source_address": "the system chooses the address to send from",
    "resolver": "servers are given by address",
}


def forward(block: Scope, plugin: Directive, found: Translation) -> None:
    """A route for each suffix that the zones of the block and FROM have in common."""
    servers = tuple(_servers(plugin, found))
    if not servers:
        found.wrong(plugin, "a suffix and a server that can be asked were expected, as `forward . 192.0.2.1`")
    beside = {one.line for one in block.named("forward")}
    before = {suffix: line for suffix, line in found.routes.items() if line in beside}
    for suffix in _suffixes(block, plugin, found):
        if suffix in found.routes:
            found.differs(plugin, f"for {suffix} the servers of line {found.routes[suffix]} are asked")
            continue
        for one in scope.above(before, suffix):
            found.differs(plugin, f"for {suffix} these servers are asked, not those of line {before[one]}")
        found.routes[suffix] = plugin.line
        found.add(plugin, "forward", *(_route(suffix, server) for server in servers))
        _except(plugin, suffix, found)
    _how(plugin, servers, found)


def close(found: Translation) -> None:
    """Names that no server is asked for, though one is asked for the names above them."""
    for suffix, (at, source) in found.closed.items():
        covering = max(scope.above(found.routes, suffix), key=len, default=suffix)
        if covering != suffix and source in (None, covering) and not scope.covers(found.zones, suffix):
            found.add(at, "forward", _route(suffix, "none"))


def _route(suffix: str, server: str) -> str:
    return server if suffix == "." else f"{suffix}={server}"


def _suffixes(block: Scope, plugin: Directive, found: Translation) -> Iterator[str]:
    asked = scope.zones(plugin, plugin.args[:1], found)
    inside = [one for one in asked if scope.covers(block.zones, one)]
    common = dict.fromkeys((*inside, *(zone for zone in block.zones if scope.covers(asked, zone))))
    if asked and not common:
        found.differs(plugin, f"never asked: {asked[0]} is in no zone of this block")
    for suffix in common:
        if scope.covers(found.zones, suffix):
            found.differs(plugin, f"nobody is asked for {suffix}: its names are answered here")
        else:
            yield suffix


def _servers(plugin: Directive, found: Translation) -> Iterator[str]:
    name = next((only(option.args) for option in plugin.body if option.name == "tls_servername"), "")
    for to in plugin.args[1:]:
        if to.startswith("/"):
            yield to
            continue
        try:
            yield str(_server(to, name))
        except ValueError:
            wanted = "ADDRESS, tls://ADDRESS or the path of a resolv.conf"
            found.differs(plugin, f"{to}: left out: a server is given as {wanted}")


def _server(to: str, name: str) -> forwards.Upstream:
    """Read `ADDRESS` or `tls://ADDRESS[%NAME][:PORT]`; raises ValueError."""
    scheme, _, rest = to.rpartition("://")
    if scheme not in ("", "dns", "tls"):
        raise ValueError(f"{scheme} is not spoken")
    address, percent, behind = rest.partition("%")
    if percent and scheme == "tls":
        name, colon, port = behind.partition(":")
        rest = address + colon + port
    with contextlib.suppress(ValueError):  # else it may be one with a port
        rest = f"[{ipaddress.IPv6Address(rest)}]"
    return forwards.upstream(f"tls://{rest}{'#' if name else ''}{name}" if scheme == "tls" else rest)


def _except(plugin: Directive, suffix: str, found: Translation) -> None:
    for option in plugin.body:
        if option.name == "except":
            for zone in scope.zones(option, option.args, found):
                if forwards.is_below(zone, suffix):
                    found.closed.setdefault(zone, (option, suffix))


def _how(plugin: Directive, servers: tuple[str, ...], found: Translation) -> None:
    for option in plugin.body:
        try:
            _option(option, found)
        except ValueError as error:
            found.wrong(option, error)
    alone = len(servers) == 1 and not servers[0].startswith("/")
    if not alone and not any(option.name == "policy" for option in plugin.body):
        found.put(plugin, "forward_policy", "random", implied=True)


def _option(option: Directive, found: Translation) -> None:
    name, value = option.name, only(option.args)
    match name:
        case "except" | "tls_servername":
            pass
        case "policy":
            found.put(option, "forward_policy", value)
        case "max_concurrent":
            if limit := count(value):
                found.put(option, "forward_in_flight", whole("forward_in_flight", limit))
        case "max_age":
            found.put(option, "forward_max_age", whole("forward_max_age", seconds(value)))
        case "read_timeout":
            found.put(option, "forward_timeout", whole("forward_timeout", 2 * seconds(value)))
        case "tls":
            _tls(option, found)
        case "failover":
            if "NXDOMAIN" in map(str.upper, option.args):
                found.unsupported(
                    option, "NXDOMAIN is an answer; behind all other failures comes the next server"
                )
        case _ if name in _NOT_NEEDED:
            found.note(option, f"not needed: {_NOT_NEEDED[name]}")
        case _:
            found.unsupported(option, _UNSUPPORTED.get(name, "left out"))


def _tls(option: Directive, found: Translation) -> None:
    """Read `tls [CERT KEY] [CA]`."""
    if len(option.args) in (1, 3):
        found.put(option, "forward_ca", option.args[-1])
    if len(option.args) > 1:
        found.unsupported(option, "no certificate of our own is shown to servers")
