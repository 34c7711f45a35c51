"""`svcdns lookup`: asks a server as a Pod would, and shows each step.

`dns_client` asks and prints; the search path of resolv.conf is here.
"""

import contextlib
import ipaddress
import sys
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

import typer

from svcdns import printable_text, value_types
from svcdns.cli.dns_client import client_transport, dig, dnslib_message
from svcdns.cli.dns_client.client_transport import ClientExchange
from svcdns.cli.dns_client.reply_text import ReplyText
from svcdns.cli.help_format import Command
from svcdns.cli.options import check_namespace, with_settings
from svcdns.config.settings import ANSWERS, Settings
from svcdns.dns.wire import messages, names, records
from svcdns.errors import DomainNameError
from svcdns.value_types import Address, ListenAddress

EXAMPLES = """
svcdns lookup web.bookshop.svc.cluster.local
svcdns lookup web --from bookshop                  as a Pod of the namespace bookshop
svcdns lookup _http._tcp.web.bookshop.svc.cluster.local SRV --server 10.96.0.10
svcdns lookup 10.96.0.10                           the name of an address
"""

EXIT_ANSWERED, EXIT_NOT_ANSWERED, EXIT_NO_REPLY = 0, 1, 9
"""Exit codes; 9 is the one of dig."""

NDOTS = 5
"""The dots from which a name is tried as it is first; 5 is what the kubelet writes into resolv.conf."""

FromOption = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="NAMESPACE",
        help="Look up as a Pod of this namespace does.",
        show_default=False,
        callback=check_namespace,
    ),
]

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_settings(ANSWERS, only=("zone",))
def lookup(
    settings: Settings,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name, or an address for its PTR record.")],
    rrtype: Annotated[
        str, typer.Argument(metavar="TYPE", help="Record type. Default: A.", show_default=False)
    ] = "",
    server: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS[:PORT]", help="Server. Default: where this one listens.", show_default=False
        ),
    ] = "",
    namespace: FromOption = "",
    tcp: Annotated[bool, typer.Option("--tcp", help="Ask over TCP.")] = False,
    short: Annotated[bool, typer.Option("--short", help="Print the answers' data alone.")] = False,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.01, max=3600, metavar="SECONDS", help="For each try. Default: 2.", show_default=False
        ),
    ] = 2.0,
) -> int:
    """Ask a DNS server and print the reply as dig does.

    With --from, the name goes through the search path of a Pod. The exit code is 0 if there is an
    answer, 1 if there is none, and 9 if the server does not reply.
    """
    target = _choose_server(server, settings)
    wire_name, rrtype_number = _parse_question(name, rrtype)
    steps = [wire_name]
    if namespace:
        steps = search_names(wire_name, name.endswith("."), f"{namespace}.svc.{settings.zone[0]}")

    # With --short, standard output has data alone: scripts read it.
    try:
        reply, exchange = _query_names(steps, target, rrtype_number, timeout, tcp, quiet=short)
    except client_transport.NoReplyError as error:
        print(f";; {printable_text.escape(str(error))}", file=sys.stderr if short else sys.stdout)
        return EXIT_NO_REPLY
    except messages.FormatError as error:
        reason = printable_text.escape(str(error))
        print(f";; the reply of {target} is malformed: {reason}", file=sys.stderr if short else sys.stdout)
        return EXIT_NO_REPLY

    if exchange.was_truncated and not short:
        print(";; Truncated, retrying in TCP mode.")
    now = datetime.now().astimezone()
    text = dig.render_short(reply) if short else dig.render_reply(reply, exchange, target, now)
    # Each part is escaped as RFC 1035 5.1 has it; this is for what dnslib makes of odd records.
    print(printable_text.escape_lines(text), end="")

    if reply.rcode == "NOERROR" and reply.answer:
        return EXIT_ANSWERED
    # A hint only for a name outside the zone: the search path adds nothing to one that is in it.
    if not (namespace or short or names.is_subdomain(wire_name.lower(), names.from_text(settings.zone[0]))):
        print(";; --from NAMESPACE looks a name up as a Pod there does, through its search path")
    return EXIT_NOT_ANSWERED


def search_names(name: bytes, is_absolute: bool, first_search_domain: str) -> list[bytes]:
    """The names that a Pod's resolver tries, in order (resolv.conf(5): search, ndots).

    `name` and the result are wire names. `first_search_domain` is text, `bookshop.svc.cluster.local`.
    """
    if is_absolute:
        return [name]

    steps = []
    domain = names.from_text(first_search_domain)
    for _ in range(3):  # NAMESPACE.svc.ZONE, svc.ZONE, ZONE
        with contextlib.suppress(DomainNameError):  # too long with this domain: resolvers skip it too
            steps.append(names.from_labels(names.to_labels(name), domain))
        domain = names.parent(domain)

    dots = len(names.to_labels(name)) - 1
    # In both cases the whole list is tried: ndots only decides which comes first.
    return [name, *steps] if dots >= NDOTS else [*steps, name]


def _query_names(
    wire_names: list[bytes], server: Address, rrtype: int, timeout: float, tcp: bool, quiet: bool
) -> tuple[ReplyText, ClientExchange]:
    """The first reply with an answer, else the last one; each step before it is printed."""
    for number, step in enumerate(wire_names, 1):
        exchange = client_transport.query_server(server, step, rrtype, attempt_timeout=timeout, use_tcp=tcp)
        reply = dnslib_message.parse_reply(exchange.reply_packet)
        if reply.rcode == "NOERROR" and reply.answer:
            break

        is_last = number == len(wire_names)
        if not is_last and not quiet:
            verdict = "no data" if reply.rcode == "NOERROR" else reply.rcode
            print(f";; tried {names.to_text(step)} {dnslib_message.type_text(rrtype)}: {verdict}")

    return reply, exchange


def _parse_question(name: str, rrtype: str) -> tuple[bytes, int]:
    """The wire name and the type's number; for an address without a type, those of its PTR record."""
    try:
        # With a type, digits and dots are a name like any other.
        if not rrtype and (address := _parse_ip(name)):
            return names.reverse_name(address.packed), records.PTR
        return names.from_text(name), dnslib_message.parse_type(rrtype or "A")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _choose_server(text: str, settings: Settings) -> Address:
    """The server of `--server`, else the first address without TLS where svcdns itself would listen."""
    if not text:
        endpoints: tuple[ListenAddress, ...] = settings.listen
        without_tls = [endpoint for endpoint in endpoints if not endpoint.tls]
        # TLS is only the last choice, since this client speaks none: the error names the address.
        return (without_tls or endpoints)[0].address.connect_address

    try:
        return value_types.parse_address(text, default_port=53)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--server") from None
