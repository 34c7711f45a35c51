"""`svcdns top`: the busiest clients, most-queried names and failures, from a server's `/debug/top`."""

import http.client
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

import typer

from svcdns import printable_text, value_types
from svcdns.cli.help_format import Command
from svcdns.cli.options import with_settings
from svcdns.config.settings import Settings
from svcdns.errors import SvcdnsError
from svcdns.value_types import Address

EXAMPLES = """
svcdns top
svcdns top --server 10.0.0.7:9153
svcdns top --config svcdns.yaml -o json
"""

DEFAULT_SERVER = Address("127.0.0.1", 9153)
"""Where metrics usually are: 9153 is the port that CoreDNS made common."""

STEP_TIMEOUT = 5.0
"""Seconds for each step of the connection."""

MAX_PAGE_SIZE = 1 << 20
"""Bytes of a page that are read: many times what svcdns sends, so that another server cannot fill memory."""

app = typer.Typer(rich_markup_mode=None)


class TopOutput(StrEnum):
    """How the lists are printed."""

    TEXT = "text"
    JSON = "json"


@app.command(cls=Command, epilog=EXAMPLES)
@with_settings()
def top(
    settings: Settings,
    server: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS[:PORT]",
            help=f"Address of the server's --http. Default: `http` of the settings, else {DEFAULT_SERVER}.",
            show_default=False,
        ),
    ] = "",
    output: Annotated[
        TopOutput, typer.Option("--output", "-o", metavar="text|json", help="Format.", show_default=False)
    ] = TopOutput.TEXT,
) -> int:
    """Show the busiest clients, the most-queried names and the failures.

    These are estimates of the last minutes, from one query in 64.
    """
    page = fetch_page(_choose_server(server, settings), f"/debug/top?format={output}")
    # Another server may answer here, with any bytes.
    text = page.decode(errors="replace").rstrip("\n")
    is_json = output is TopOutput.JSON
    print(printable_text.escape_json(text) if is_json else printable_text.escape_lines(text))
    return 0


def fetch_page(server: Address, path: str) -> bytes:
    """The body of a page of svcdns; raises SvcdnsError if the server does not answer, or not with 200."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=STEP_TIMEOUT)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        page = response.read(MAX_PAGE_SIZE)
    except (OSError, http.client.HTTPException) as error:
        # HTTPException has no `strerror`: another protocol answers at this port.
        reason = getattr(error, "strerror", None) or error
        raise SvcdnsError(f"{server}: {reason}; --server is the address of `svcdns serve --http`") from None
    finally:
        connection.close()

    if response.status != HTTPStatus.OK:
        raise SvcdnsError(f"{server} answers {response.status} {response.reason}; is it svcdns's --http?")
    return page


def _choose_server(text: str, settings: Settings) -> Address:
    if not text:
        return settings.http[0].connect_address if settings.http else DEFAULT_SERVER
    try:
        return value_types.parse_address(text, default_port=DEFAULT_SERVER.port)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--server") from None
