"""`forward`, and `proxy` of CoreDNS before 1.5: which DNS servers to ask.

The servers of all blocks become routes by suffix; the longest counts. How servers are asked is one setting
for all of them. A second `forward` that differs gets a remark.
"""

import contextlib
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import replace

from svcdns.config import forward_entries
from svcdns.config.corefile import server_block
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import (
    Translation,
    clamp_to_text,
    parse_count,
    parse_duration,
    single_argument,
)

_NOT_NEEDED = {
    "prefer_udp": "UDP always comes first",
    "expire": "a connection ends by its age",
    "max_idle_conns": "one connection to each server is kept",
    "max_fails": "a server's own answers tell whether it is up",
    "max_connect_attempts": "the time for a question bounds them",
    "health_check": "a server that does not answer is tried again, at growing intervals",
    "doh_method": "DNS over HTTPS is not spoken",
    "fail_timeout": "a server that does not answer is tried again, at growing intervals",
    "spray": "while all servers are down, they are tried all the same",
}
_NO_NEXT_SERVER = "what a server says is the answer"
_UNSUPPORTED = {
    "next": _NO_NEXT_SERVER,
    "next_on_nodata": _NO_NEXT_SERVER,
    "source_address": "the system chooses the address to send from",
    "resolver": "servers are given by address",
}


_PROXY_POLICIES = {
    "first": "sequential",
    "least_conn": "random",
    "random": "random",
    "round_robin": "round_robin",
}


def read_proxy(plugin: Directive, translation: Translation) -> Directive:
    """Read a `proxy` as the `forward` that asks the same servers in the same way."""
    translation.report_note(plugin, "read as `forward`, which took its place in CoreDNS 1.5")
    options: list[Directive] = []
    for option in plugin.options:
        if option.name == "protocol":
            options += _read_protocol(option, translation)
        elif option.name == "policy":
            policy = _PROXY_POLICIES.get(single_argument(option.args))
            if policy is None or option.args == ("least_conn",):
                translation.report_difference(option, "one of the servers is asked at random")
            options.append(replace(option, args=(policy or "random",)))
        else:
            options.append(option)

    return replace(plugin, name="forward", options=tuple(options))


def _read_protocol(option: Directive, translation: Translation) -> Iterator[Directive]:
    if option.args == ("dns", "force_tcp"):
        yield replace(option, name="force_tcp", args=())
    elif option.args != ("dns",):
        translation.report_unsupported(option, "servers are asked over UDP and TCP")


def translate_forward(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Add a route for each suffix that the zones of the block and FROM have in common."""
    servers = tuple(_upstreams(plugin, translation))
    if not servers:
        translation.report_error(
            plugin, "a suffix and a server that can be asked were expected, as `forward . 192.0.2.1`"
        )

    # Within a block, CoreDNS asks the first `forward` that matches, where svcdns takes the longest suffix.
    own_lines = {directive.line for directive in block.plugins_named("forward")}
    routes_of_block = {suffix: line for suffix, line in translation.route_lines.items() if line in own_lines}

    for suffix in _forwarded_suffixes(block, plugin, translation):
        if suffix in translation.route_lines:
            translation.report_difference(
                plugin, f"for {suffix} the servers of line {translation.route_lines[suffix]} are asked"
            )
            continue

        for enclosing in server_block.enclosing_zones(routes_of_block, suffix):
            translation.report_difference(
                plugin,
                f"for {suffix} these servers are asked, not those of line {routes_of_block[enclosing]}",
            )

        translation.route_lines[suffix] = plugin.line
        translation.add_values(plugin, "forward", *(_route_text(suffix, server) for server in servers))
        _translate_except(plugin, suffix, translation)

    _translate_options(plugin, servers, translation)


def report_forced_tcp(blocks: Iterable[ServerBlock], translation: Translation) -> None:
    """Name each `forward` whose servers are asked over TCP alone only because another one says so."""
    if "forward_force_tcp" not in translation.values:
        return

    line = translation.lines["forward_force_tcp",]
    for plugin in (plugin for block in blocks for plugin in block.plugins_named("forward")):
        if not any(option.name == "force_tcp" for option in plugin.options):
            translation.report_difference(plugin, f"asked over TCP alone too, as line {line} says")


def add_exclusions(translation: Translation) -> None:
    """Add `SUFFIX=none` for names that are not forwarded although names above them are."""
    for suffix, (at, source) in translation.excluded_suffixes.items():
        covering = max(server_block.enclosing_zones(translation.route_lines, suffix), key=len, default=suffix)
        if (
            covering != suffix
            and source in (None, covering)
            and not server_block.contains_name(translation.zones, suffix)
        ):
            translation.add_values(at, "forward", _route_text(suffix, "none"))


def _route_text(suffix: str, server: str) -> str:
    return server if suffix == "." else f"{suffix}={server}"


def _forwarded_suffixes(block: ServerBlock, plugin: Directive, translation: Translation) -> Iterator[str]:
    from_zones = server_block.read_zones(plugin, plugin.args[:1], translation)
    inside = [zone for zone in from_zones if server_block.contains_name(block.zones, zone)]
    common = dict.fromkeys(
        (*inside, *(zone for zone in block.zones if server_block.contains_name(from_zones, zone)))
    )
    if from_zones and not common:
        translation.report_difference(plugin, f"never asked: {from_zones[0]} is in no zone of this block")

    for suffix in common:
        if server_block.contains_name(translation.zones, suffix):
            translation.report_difference(plugin, f"{suffix} is not forwarded: its names are answered here")
        else:
            yield suffix


def _upstreams(plugin: Directive, translation: Translation) -> Iterator[str]:
    name = next(
        (single_argument(option.args) for option in plugin.options if option.name == "tls_servername"), ""
    )
    for to in plugin.args[1:]:
        if to.startswith("/"):
            yield to
            continue

        try:
            yield str(_parse_upstream(to, name))
        except ValueError:
            expected = "ADDRESS, tls://ADDRESS or the path of a resolv.conf"
            translation.report_difference(plugin, f"{to}: left out: write a server as {expected}")


def _parse_upstream(text: str, tls_name: str) -> forward_entries.Upstream:
    """Read `ADDRESS` or `tls://ADDRESS[%NAME][:PORT]`; raises ValueError."""
    scheme, _, server = text.rpartition("://")
    if scheme not in ("", "dns", "tls"):
        raise ValueError(f"{scheme} is not spoken")

    address, percent, behind = server.partition("%")
    if percent and scheme == "tls":
        tls_name, colon, port = behind.partition(":")
        server = address + colon + port

    # An IPv6 address without brackets is one without a port; anything else is parsed below.
    with contextlib.suppress(ValueError):
        server = f"[{ipaddress.IPv6Address(server)}]"

    return forward_entries.parse_upstream(
        f"tls://{server}{'#' if tls_name else ''}{tls_name}" if scheme == "tls" else server
    )


def _translate_except(plugin: Directive, suffix: str, translation: Translation) -> None:
    for option in plugin.options:
        if option.name == "except":
            for zone in server_block.read_zones(option, option.args, translation):
                if forward_entries.is_below(zone, suffix):
                    translation.excluded_suffixes.setdefault(zone, (option, suffix))


def _translate_options(plugin: Directive, servers: tuple[str, ...], translation: Translation) -> None:
    for option in plugin.options:
        try:
            _translate_option(option, translation)
        except ValueError as error:
            translation.report_error(option, error)

    # A resolv.conf may have several servers.
    alone = len(servers) == 1 and not servers[0].startswith("/")
    if not alone and not any(option.name == "policy" for option in plugin.options):
        translation.set_value(plugin, "forward_policy", "random", is_coredns_default=True)


def _translate_option(option: Directive, translation: Translation) -> None:
    name = option.name
    value = single_argument(option.args)
    match name:
        case "except" | "tls_servername":
            pass
        case "policy":
            translation.set_value(option, "forward_policy", value)
        case "failfast_all_unhealthy_upstreams":
            translation.set_value(option, "forward_fail_fast", "true")
        case "force_tcp":
            translation.set_value(option, "forward_force_tcp", "true")
        case "max_concurrent":
            if limit := parse_count(value):
                translation.set_value(option, "forward_in_flight", clamp_to_text("forward_in_flight", limit))
        case "max_age":
            translation.set_value(
                option, "forward_max_age", clamp_to_text("forward_max_age", parse_duration(value))
            )
        case "read_timeout":
            # CoreDNS has this time for each server. In svcdns a server has half of forward_timeout.
            translation.set_value(
                option, "forward_timeout", clamp_to_text("forward_timeout", 2 * parse_duration(value))
            )
        case "tls":
            _translate_tls(option, translation)
        case "failover":
            if "NXDOMAIN" in map(str.upper, option.args):
                translation.report_unsupported(
                    option, "NXDOMAIN is an answer; behind all other failures comes the next server"
                )
        case _ if name in _NOT_NEEDED:
            translation.report_note(option, f"not needed: {_NOT_NEEDED[name]}")
        case _:
            translation.report_unsupported(option, _UNSUPPORTED.get(name, "left out"))


def _translate_tls(option: Directive, translation: Translation) -> None:
    """Read `tls [CERT KEY] [CA]`: the CA is the only argument, or the last of three."""
    if len(option.args) in (1, 3):
        translation.set_value(option, "forward_ca", option.args[-1])
    if len(option.args) > 1:
        translation.report_unsupported(option, "no certificate of our own is shown to servers")
