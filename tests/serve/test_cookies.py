"""Cookies of the real server, through its sockets: UDP and TCP, IPv4 and IPv6, workers and reloads."""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest

from tests import server
from tests.patience import PATIENCE
from tests.serve import manifests

NAME = "web.default.svc.cluster.local."
CLIENT_PART = b"8 octets"


def served(folder: Path) -> tuple[str, str]:
    return "--manifests", str(manifests.folder(folder / "manifests", web=manifests.WEB))


def query(cookie: bytes = CLIENT_PART) -> dns.message.Message:
    option = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, cookie)
    return dns.message.make_query(NAME, "A", use_edns=0, options=[option])


def cookie_of(message: dns.message.Message) -> bytes:
    (option,) = message.options
    assert option.otype == dns.edns.OptionType.COOKIE
    return option.to_wire() or b""


def ask(
    port: int, message: dns.message.Message, tcp: bool = False, host: str = "127.0.0.1"
) -> dns.message.Message:
    via = dns.query.tcp if tcp else dns.query.udp
    return via(message, host, PATIENCE, port)


async def test_one_secret_for_all_workers_and_for_udp_and_tcp(tmp_path: Path) -> None:
    """Whichever worker a port leads to, it confirms what another one made."""
    async with server.running(tmp_path, *served(tmp_path), "--workers", "2") as running:
        port = running.address[1]
        first = cookie_of(ask(port, query()))
        assert (len(first), first[:9]) == (24, CLIENT_PART + b"\1")
        replies = [ask(port, query(first), tcp=number % 2 == 0) for number in range(16)]
        assert {cookie_of(reply) for reply in replies} == {first}
        assert all(reply.rcode() == dns.rcode.NOERROR and reply.answer for reply in replies)
        assert ask(port, query(b"9 octets.")).rcode() == dns.rcode.FORMERR
        assert _confirm(port, first) == dns.rcode.NOERROR
        assert _confirm(port, first[:-1] + bytes((first[-1] ^ 1,))) == dns.rcode.BADCOOKIE


@pytest.mark.parametrize("address", ["::1", "::"])
async def test_a_cookie_over_ipv6_is_of_that_address_alone(address: str, tmp_path: Path) -> None:
    """Over UDP and TCP; at an address of its own and at a wildcard, whose sockets are read in other ways."""
    port = server.free_port()
    listen = ("--workers", "1", "--listen", f"[{address}]:{port}")
    async with server.running(tmp_path, *served(tmp_path), *listen, port=port):
        first = cookie_of(ask(port, query(), host="::1"))
        assert (len(first), first[:9]) == (24, CLIENT_PART + b"\1")
        for tcp in (False, True):
            reply = ask(port, query(first), tcp, "::1")
            assert (cookie_of(reply), bool(reply.answer)) == (first, True)
        assert _confirm(port, first, "::1") == dns.rcode.NOERROR
        assert _confirm(port, first) == dns.rcode.BADCOOKIE, "it is not that of 127.0.0.1"
        assert cookie_of(ask(port, query(first))) != first


def _confirm(port: int, cookie: bytes, host: str = "127.0.0.1") -> int:
    """The response code to a query without a question (RFC 7873 5.4)."""
    message = query(cookie)
    message.question.clear()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(message.to_wire(), (host, port))
        return dns.message.from_wire(sock.recv(4096)).rcode()


async def test_servers_with_one_file_take_each_others_cookies(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("00" * 16)
    async with contextlib.AsyncExitStack() as stack:
        ports = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            running = await stack.enter_async_context(
                server.running(
                    tmp_path / name, *served(tmp_path), "--workers", "1", "--cookie-secret-file", str(secrets)
                )
            )
            ports.append(running.address[1])
        cookie = cookie_of(ask(ports[0], query()))
        assert cookie_of(ask(ports[1], query(cookie))) == cookie


def test_a_file_without_secrets_is_refused_by_name(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("too short\n")
    ended = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "svcdns",
                "serve",
                *served(tmp_path),
                "--cookie-secret-file",
                str(secrets),
            ),
            *("--listen", f"127.0.0.1:{server.free_port()}", "--state-dir", str(tmp_path / "state")),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"svcdns: {secrets} holds no cookie secrets: line 1: a secret is 32 hexadecimal digits, "
        "as `openssl rand -hex 16` writes"
    ]


@pytest.mark.parametrize("program", ["dig", "kdig"])
async def test_a_real_client_takes_the_cookie_for_good(program: str, tmp_path: Path) -> None:
    """dig checks the client's part; kdig shows what came."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is missing")
    async with server.running(tmp_path, *served(tmp_path), "--workers", "1") as running:
        for more in ((), ("+tcp",), ("+nsid",)):
            port = str(running.address[1])
            command = [program, "@127.0.0.1", "-p", port, "+cookie=0102030405060708", *more, NAME]
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            shown = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
            assert "status: NOERROR" in shown
            assert "COOKIE: 010203040506070801000000" in shown
            assert program == "kdig" or "(good)" in shown
