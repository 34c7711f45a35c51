"""How the server runs: `bind`, `tls`, `health`, `ready`, `prometheus`, `errors`, `log`."""

import ipaddress
from collections.abc import Iterator, Sequence

from svcdns import value_types
from svcdns.config.corefile.block_keys import DEFAULT_PORTS
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import (
    Translation,
    clamp_to_text,
    parse_duration,
    single_argument,
)
from svcdns.value_types import Address

_DEFAULT_HTTP_ADDRESSES = {"health": ":8080", "ready": ":8181", "prometheus": "localhost:9153"}
"""Where CoreDNS serves these by default. In svcdns each HTTP address has all three."""


def translate_listen(blocks: Sequence[ServerBlock], translation: Translation) -> None:
    """Listen at the addresses of all blocks. Each address gives the same answers."""
    of_blocks = [(block, tuple(_listen_addresses(block, translation))) for block in blocks]
    for block, addresses in of_blocks:
        translation.add_values(block, "listen", *addresses)

    every = {address for _, addresses in of_blocks for address in addresses}

    for block, addresses in of_blocks:
        if not every:
            translation.report_error(block, "no address to listen at is left")
        elif set(addresses) != every:
            translation.report_difference(block, "its names are answered at the addresses of all blocks")


def _listen_addresses(block: ServerBlock, translation: Translation) -> Iterator[str]:
    hosts = (
        tuple(_bind_addresses(block, translation))
        if block.plugins_named("bind")
        else translation.wildcard_addresses
    )
    for key in block.keys:
        if key.scheme not in DEFAULT_PORTS:
            translation.report_unsupported(block, "DNS is served over UDP, TCP and TLS")
            continue

        for host in hosts:
            address = str(Address(host, int(key.port)))
            yield f"tls://{address}" if key.scheme == "tls" else address


def _bind_addresses(block: ServerBlock, translation: Translation) -> Iterator[str]:
    for plugin in block.plugins_named("bind"):
        for arg in plugin.args:
            try:
                yield str(ipaddress.ip_address(arg))
            except ValueError:
                translation.report_difference(plugin, f"{arg}: left out: an IP address was expected")

        for option in plugin.options:
            translation.report_unsupported(option)


def translate_tls(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `tls CERT KEY [CA]`."""
    if len(plugin.args) not in (2, 3):
        translation.report_error(plugin, "`tls CERT KEY` was expected; certificates are not fetched (ACME)")
        return

    translation.set_value(plugin, "tls_cert", plugin.args[0])
    translation.set_value(plugin, "tls_key", plugin.args[1])
    for option in plugin.options:
        if option.args != ("nocert",):
            translation.report_unsupported(option)


def translate_http(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `health`, `ready` and `prometheus`: their address, and how long `lameduck` lasts."""
    at = (*plugin.args, _DEFAULT_HTTP_ADDRESSES[plugin.name])[0]
    host, colon, port = at.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")

    try:
        if not colon:
            raise ValueError(f"{at!r} is no HOST:PORT, as :8080")

        hosts = (str(ipaddress.ip_address(host)),) if host else translation.wildcard_addresses
        translation.add_values(
            plugin,
            "http",
            *(str(Address(listen_host, value_types.parse_port(port, at))) for listen_host in hosts),
        )
    except ValueError as error:
        translation.report_error(plugin, error)

    for option in plugin.options:
        _translate_http_option(plugin, option, translation)


def _translate_http_option(plugin: Directive, option: Directive, translation: Translation) -> None:
    match plugin.name, option.name:
        case "health", "lameduck":
            try:
                translation.set_value(
                    option,
                    "lameduck",
                    clamp_to_text("lameduck", parse_duration(single_argument(option.args))),
                )
            except ValueError as error:
                translation.report_error(option, error)
        case "ready", "monitor":
            translation.report_note(option, "not needed: /ready tells how it is now, and what waits")
        case "prometheus", "runtime_metrics":
            translation.report_note(option, "there is no Go here; each process has its own numbers")
        case _:
            translation.report_unsupported(option)


def translate_logs(blocks: Sequence[ServerBlock], translation: Translation) -> None:
    """Translate `log` and `errors` of all blocks: which queries are logged."""
    errors = [plugin for block in blocks for plugin in block.plugins_named("errors")]
    for plugin in (plugin for block in blocks for plugin in block.plugins_named("log")):
        if plugin.options and all(option.args == ("error",) for option in plugin.options):
            errors.append(plugin)
            continue

        translation.report_note(plugin, "some of all queries are logged, never in the way of an answer")
        if "query_log" not in translation.values:
            translation.set_value(plugin, "query_log", "sampled")

    if errors and "query_log" not in translation.values:
        translation.set_value(errors[0], "query_log", "errors")


def translate_loadbalance(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `loadbalance`: svcdns always gives addresses in a random order."""
    if plugin.args[:1] not in ((), ("round_robin",)) or plugin.options:
        translation.report_unsupported(plugin, "only `round_robin` is: no address is preferred")
