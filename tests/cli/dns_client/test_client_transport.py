"""One question to one server on loopback; `test_lookup` has forged, late and malformed replies."""

import dns.message
import pytest

from svcdns.cli.dns_client import client_transport
from svcdns.dns.wire import names
from svcdns.value_types import Address
from tests import server as real
from tests.cli import dnsserver

NAME = names.from_text("web.shop")
RECORD = "web.shop. 30 A 10.96.0.1"


def test_a_reply_over_udp_is_enough() -> None:
    with dnsserver.serving(lambda query: [dnsserver.reply(query, RECORD)]) as server:
        exchange = client_transport.query_server(server.address, NAME, 1, attempt_timeout=2)

    assert (exchange.transport, exchange.was_truncated) == ("UDP", False)
    assert len(dns.message.from_wire(exchange.reply_packet).answer) == 1
    assert [transport for transport, _ in server.queries] == ["UDP"]


def test_a_silent_server_is_asked_twice(silent_server: dnsserver.Server) -> None:
    with pytest.raises(client_transport.NoReplyError, match=r"no reply from 127\.0\.0\.1:\d+ within 0\.1 s"):
        client_transport.query_server(silent_server.address, NAME, 1, attempt_timeout=0.1)
    assert len(silent_server.queries) == client_transport.UDP_ATTEMPTS


def test_a_refused_connection_is_no_reply() -> None:
    closed = Address("127.0.0.1", real.free_port())
    with pytest.raises(client_transport.NoReplyError, match="Connection refused"):
        client_transport.query_server(closed, NAME, 1, attempt_timeout=2, use_tcp=True)
