"""How the server runs: `bind`, `tls`, `health`, `ready`, `prometheus`, `errors`, `log`."""

import ipaddress
from collections.abc import Iterator, Sequence

from svcdns.config import values
from svcdns.config.corefile.keys import PORTS
from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Translation, only, seconds, whole
from svcdns.config.values import Address

_HTTP = {"health": ":8080", "ready": ":8181", "prometheus": "localhost:9153"}
"""Where CoreDNS answers these by default; here each address has all three."""


def listen(blocks: Sequence[Scope], found: Translation) -> None:
    """All addresses of all blocks: each answers the same."""
    of_blocks = [(block, tuple(_addresses(block, found))) for block in blocks]
    for block, addresses in of_blocks:
        found.add(block, "listen", *addresses)
    every = {address for _, addresses in of_blocks for address in addresses}
    for block, addresses in of_blocks:
        if not every:
            found.wrong(block, "no address is left to answer at")
        elif set(addresses) != every:
            found.differs(block, "its names are answered at the addresses of all blocks")


def _addresses(block: Scope, found: Translation) -> Iterator[str]:
    hosts = tuple(_bound(block, found)) if block.named("bind") else found.everywhere
    for key in block.keys:
        if key.scheme not in PORTS:
            found.unsupported(block, "DNS is served over UDP, TCP and TLS")
            continue
        for host in hosts:
            address = str(Address(host, int(key.port)))
            yield f"tls://{address}" if key.scheme == "tls" else address


def _bound(block: Scope, found: Translation) -> Iterator[str]:
    for plugin in block.named("bind"):
        for arg in plugin.args:
            try:
                yield str(ipaddress.ip_address(arg))
            except ValueError:
                found.differs(plugin, f"{arg}: left out: an IP address was expected")
        for option in plugin.body:
            found.unsupported(option)


def tls(block: Scope, plugin: Directive, found: Translation) -> None:
    """`tls CERT KEY [CA]`."""
    if len(plugin.args) not in (2, 3):
        found.wrong(plugin, "`tls CERT KEY` was expected; certificates are not fetched (ACME)")
        return
    found.put(plugin, "tls_cert", plugin.args[0])
    found.put(plugin, "tls_key", plugin.args[1])
    for option in plugin.body:
        if option.args != ("nocert",):
            found.unsupported(option)


def http(block: Scope, plugin: Directive, found: Translation) -> None:
    """`health`, `ready` and `prometheus`: where, and how long the end takes."""
    at = (*plugin.args, _HTTP[plugin.name])[0]
    host, colon, port = at.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        if not colon:
            raise ValueError(f"{at!r} is no HOST:PORT, as :8080")
        hosts = (str(ipaddress.ip_address(host)),) if host else found.everywhere
        found.add(plugin, "http", *(str(Address(one, values.port_number(port, at))) for one in hosts))
    except ValueError as error:
        found.wrong(plugin, error)
    for option in plugin.body:
        _http_option(plugin, option, found)


def _http_option(plugin: Directive, option: Directive, found: Translation) -> None:
    match plugin.name, option.name:
        case "health", "lameduck":
            try:
                found.put(option, "lameduck", whole("lameduck", seconds(only(option.args))))
            except ValueError as error:
                found.wrong(option, error)
        case "ready", "monitor":
            found.note(option, "not needed: /ready tells how it is now, and what waits")
        case "prometheus", "runtime_metrics":
            found.note(option, "there is no Go here; each process has its own numbers")
        case _:
            found.unsupported(option)


def logs(blocks: Sequence[Scope], found: Translation) -> None:
    """`log` and `errors` of all blocks: which queries are logged."""
    errors = [plugin for block in blocks for plugin in block.named("errors")]
    for plugin in (plugin for block in blocks for plugin in block.named("log")):
        if plugin.body and all(option.args == ("error",) for option in plugin.body):
            errors.append(plugin)
            continue
        found.note(plugin, "some of all queries are logged, never in the way of an answer")
        if "query_log" not in found.values:
            found.put(plugin, "query_log", "sampled")
    if errors and "query_log" not in found.values:
        found.put(errors[0], "query_log", "errors")


def loadbalance(block: Scope, plugin: Directive, found: Translation) -> None:
    """Every answer has its addresses in a random order."""
    if plugin.args[:1] not in ((), ("round_robin",)) or plugin.body:
        found.unsupported(plugin, "only `round_robin` is: no address is preferred")
