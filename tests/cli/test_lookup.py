"""`svcdns lookup` against servers that answer, cut, lie, or are silent."""

import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cli import lookup
from svcdns.cli.dns_client import client_transport, dig, dnslib_message
from svcdns.dns.wire import messages, names
from svcdns.value_types import Address
from tests import server as real
from tests.cli.conftest import Run
from tests.cli.dnsserver import Server, reply, serving
from tests.patience import PATIENCE

SOA = "cluster.local. 30 SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 30"
NXDOMAIN, REFUSED = 3, 5

WEB = """\
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N
;; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 8192
;; QUESTION SECTION:
;web.shop.svc.cluster.local.	IN	A

;; ANSWER SECTION:
web.shop.svc.cluster.local. 30	IN	A	10.96.0.1
web.shop.svc.cluster.local. 30	IN	A	10.96.0.2

;; Query time: N msec
;; SERVER: 127.0.0.1#PORT(127.0.0.1) (UDP)
;; WHEN: NOW
;; MSG SIZE  rcvd: 87
"""

SEARCH = """\
;; tried db.shop.svc.cluster.local. AAAA: NXDOMAIN
;; tried db.svc.cluster.local. AAAA: no data
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N
;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 8192
;; QUESTION SECTION:
;db.cluster.local.		IN	AAAA

;; ANSWER SECTION:
db.cluster.local.	5	IN	AAAA	fd00::1

;; Query time: N msec
;; SERVER: 127.0.0.1#PORT(127.0.0.1) (UDP)
;; WHEN: NOW
;; MSG SIZE  rcvd: 73
"""


def steady(text: str) -> str:
    """The output without what differs each time."""
    text = re.sub(r"id: \d+", "id: N", text)
    text = re.sub(r"time: \d+ msec", "time: N msec", text)
    text = re.sub(r"WHEN: .*", "WHEN: NOW", text)
    return re.sub(r"#\d+", "#PORT", text)


def cluster(query: bytes) -> list[bytes]:
    """A few names."""
    query_parts = dnslib_message.parse_reply(query).questions[0]
    known_values = {
        "web.shop.svc.cluster.local. A": [
            f"{query_parts.name} 30 A 10.96.0.1",
            f"{query_parts.name} 30 A 10.96.0.2",
        ],
        "db.cluster.local. AAAA": [f"{query_parts.name} 5 AAAA fd00::1"],
        "db.svc.cluster.local. AAAA": [SOA],
        "10.0.96.10.in-addr.arpa. PTR": [
            f"{query_parts.name} 30 PTR kube-dns.kube-system.svc.cluster.local."
        ],
    }
    result = known_values.get(f"{query_parts.name} {query_parts.type}")

    return [reply(query, *result) if result else reply(query, SOA, rcode=NXDOMAIN)]


def test_an_answer_as_dig_prints_it(run: Run) -> None:
    with serving(cluster) as server:
        result = run("lookup", "web.shop.svc.cluster.local", "--server", str(server.address))
    assert (result.code, steady(result.out), result.err) == (0, WEB, "")


def test_each_step_of_a_pods_search_path(run: Run) -> None:
    with serving(cluster) as server:
        result = run("lookup", "db", "AAAA", "--from", "shop", "--server", str(server.address))
    assert (result.code, steady(result.out)) == (0, SEARCH)


def test_short(run: Run) -> None:
    with serving(cluster) as server:
        asking = ("--server", str(server.address), "--short")
        assert run("lookup", "web.shop.svc.cluster.local", *asking) == (0, "10.96.0.1\n10.96.0.2\n", "")
        assert run("lookup", "web", *asking) == (1, "", "")


def test_an_address_asks_for_its_name(run: Run) -> None:
    with serving(cluster) as server:
        result = run("lookup", "10.96.0.10", "--short", "--server", str(server.address))
    assert result.out == "kube-dns.kube-system.svc.cluster.local.\n"


@pytest.mark.parametrize("rcode", [0, 2, NXDOMAIN, REFUSED])
def test_no_answer_ends_with_1(run: Run, rcode: int) -> None:
    with serving(lambda query: [reply(query, rcode=rcode)]) as server:
        result = run("lookup", "web.cluster.local", "--server", str(server.address))
    assert result.code == 1
    assert f"status: {['NOERROR', '', 'SERVFAIL', 'NXDOMAIN', '', 'REFUSED'][rcode]}" in result.out


def test_a_name_outside_the_zone_is_explained(run: Run) -> None:
    hint = ";; --from NAMESPACE looks a name up as a Pod there does, through its search path\n"
    with serving(cluster) as server:
        assert run("lookup", "web", "--server", str(server.address)).out.endswith(hint)
        assert hint not in run("lookup", "web.cluster.local", "--server", str(server.address)).out


def test_a_cut_reply_is_asked_again_over_tcp(run: Run) -> None:
    def framed(query: bytes) -> list[bytes]:
        whole = reply(query, "a.cluster.local. 1 A 10.0.0.1", "a.cluster.local. 1 A 10.0.0.2")
        data = len(whole).to_bytes(2, "big") + whole
        return [data[:1], data[1:30], data[30:]]

    with serving(lambda query: [reply(query, cut=True)], framed) as server:
        result = run("lookup", "a.cluster.local", "--server", str(server.address))
        only_tcp = run("lookup", "a.cluster.local", "--tcp", "--server", str(server.address))

    assert result.out.startswith(";; Truncated, retrying in TCP mode.\n")
    assert "10.0.0.2" in result.out and "(TCP)" in result.out
    assert only_tcp.out.startswith(";; ->>HEADER<<-")
    assert [transport for transport, _ in server.queries] == ["UDP", "TCP", "TCP"]


def test_what_does_not_fit_the_query_is_passed_over(run: Run) -> None:
    """Another id, another question, a query, and bytes that are no message; then the true reply."""

    def liar(query: bytes) -> list[bytes]:
        true = reply(query, "a.cluster.local. 1 A 10.0.0.1")
        wrong_id = bytes((query[0] ^ 1,)) + true[1:]
        second = dnslib_message.build_query(int.from_bytes(query[:2], "big"), names.from_text("b"), 1)
        return [wrong_id, reply(second, "b. 1 A 6.6.6.6"), query, b"", b"\0" * 11, true]

    with serving(liar) as server:
        result = run("lookup", "a.cluster.local", "--short", "--server", str(server.address))

    assert result.out == "10.0.0.1\n"


def test_ids_are_random_and_ports_fresh(run: Run) -> None:
    with serving(cluster) as server:
        for _ in range(8):
            run("lookup", "web.cluster.local", "--server", str(server.address))
    assert len({query.id for _, query in server.queries}) > 6


def test_silence_ends_with_9_after_a_second_try(run: Run, silent_server: Server) -> None:
    address = str(silent_server.address)
    result = run("lookup", "a.cluster.local", "--server", address, "--timeout", "0.1")
    assert result == (9, f";; no reply from {address} within 0.1 s\n", "")
    assert len(silent_server.queries) == 2
    short = run("lookup", "a.cluster.local", "--server", address, "--timeout", "0.1", "--short", "--tcp")

    assert short == (9, "", f";; {address}: the server closed the connection without a whole reply\n")


def test_nobody_there_ends_with_9(run: Run) -> None:
    result = run("lookup", "a", "--server", f"127.0.0.1:{real.free_port()}")
    assert result.code == 9 and result.out.endswith(": Connection refused\n")


def test_a_lost_datagram_is_sent_again(run: Run) -> None:
    with serving(lambda query: cluster(query) if len(server.queries) > 1 else []) as server:
        result = run(
            "lookup", "web.shop.svc.cluster.local", "--timeout", "0.2", "--server", str(server.address)
        )
    assert result.code == 0


def test_a_malformed_reply_is_said(run: Run) -> None:
    with serving(lambda query: [reply(query, "a. 1 A 10.0.0.1")[:-3]]) as server:
        result = run("lookup", "a", "--server", str(server.address))

    assert (result.code, result.out) == (
        9,
        f";; the reply of {server.address} is malformed: the message ends within a record\n",
    )


def test_the_default_server_is_the_one_of_the_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(cluster) as server:
        monkeypatch.setenv("SVCDNS_LISTEN", f"0.0.0.0:{server.address.port}")
        assert run("lookup", "web.shop.svc.cluster.local", "--short").code == 0


def test_wrong_arguments(run: Run) -> None:
    assert run("lookup", "a", "FOO").err.startswith("svcdns: Invalid value: 'FOO' is no record type; ")
    assert run("lookup", "a" * 64).err.startswith("svcdns: Invalid value: a label has 1 to 63 bytes")
    assert run("lookup", "a", "--server", "dns").err.startswith(
        "svcdns: Invalid value for --server: 'dns' must be IP:PORT"
    )
    assert run("lookup", "a", "--from", "A B").err.startswith("svcdns: Invalid value for '--from': 'A B'")


# --- the search path: name, then what a Pod of `shop` asks for

STEPS = """
web           | web.shop.svc.x. web.svc.x. web.x. web.
web.          | web.
web.data      | web.data.shop.svc.x. web.data.svc.x. web.data.x. web.data.
a.b.c.d.e     | a.b.c.d.e.shop.svc.x. a.b.c.d.e.svc.x. a.b.c.d.e.x. a.b.c.d.e.
a.b.c.d.e.f   | a.b.c.d.e.f. a.b.c.d.e.f.shop.svc.x. a.b.c.d.e.f.svc.x. a.b.c.d.e.f.x.
""".strip().splitlines()


@pytest.mark.parametrize("line", STEPS)
def test_the_search_path(line: str) -> None:
    name, steps = (part.strip() for part in line.split("|"))
    result = lookup.search_names(names.from_text(name), name.endswith("."), "shop.svc.x")
    assert list(map(names.to_text, result)) == steps.split()


def test_a_step_that_is_too_long_is_left_out() -> None:
    name = names.from_text(".".join(["a" * 60] * 4))
    assert lookup.search_names(name, False, "shop.svc.cluster.local") == [name]


# --- beside dig, and a real server


@pytest.mark.skipif(not shutil.which("dig"), reason="dig is not installed")
async def test_the_real_server_as_dig_shows_it(tmp_path: Path, run: Run) -> None:
    """The sections are the same to the byte."""
    (tmp_path / "web.yaml").write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop},"
        " spec: {clusterIP: 10.96.0.7, ports: [{name: http, port: 80}]}}"
    )
    async with real.running(tmp_path, "--manifests", str(tmp_path / "web.yaml")) as server:
        host, port = server.address
        for question in (
            ("web.shop.svc.cluster.local", "A"),
            ("web.shop.svc.cluster.local", "SRV"),
            ("cluster.local", "SOA"),
            ("cluster.local", "NS"),
            ("dns-version.cluster.local", "TXT"),
            ("7.0.96.10.in-addr.arpa", "PTR"),
            ("a\\200b.cluster.local", "A"),
        ):
            result = run("lookup", *question, "--server", f"{host}:{port}").out
            dug = _dig(f"@{host}", "-p", str(port), "+nocookie", *question)
            assert _sections(result) == _sections(dug)


def _dig(*args: str) -> str:
    return subprocess.run(["dig", *args], capture_output=True, text=True, timeout=PATIENCE).stdout


def _sections(text: str) -> str:
    """From the question to the trailer."""
    return text[text.index(";; OPT PSEUDOSECTION") : text.index(";; Query time")]


@given(st.binary(max_size=80))
def test_any_reply_is_printed_or_refused(data: bytes) -> None:
    """Whatever a server sends: no other exception, and no control character reaches the terminal."""
    query = dnslib_message.build_query(7, names.from_text("a"), 1)
    packet = query[:2] + b"\x80" + data
    try:
        result = dnslib_message.parse_reply(packet)
    except messages.FormatError:
        return

    done = client_transport.ClientExchange(packet, "UDP", 0)
    text = dig.render_reply(result, done, Address("127.0.0.1", 53), datetime.now()) + dig.render_short(result)

    assert all(c in "\t\n" or 0x20 <= ord(c) < 0x7F for c in text)
