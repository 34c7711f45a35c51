"""A reply as dig prints it, so that eyes and scripts that know dig need not learn.

Source: BIND 9.18 bin/dig and lib/dns/masterdump.c, for the columns.
"""

from collections.abc import Iterator
from datetime import datetime

from svcdns.cli.exchange import Exchange
from svcdns.config.values import Address
from svcdns.dns.reply import EdnsText, RecordText, Reply

_TTL, _CLASS, _TYPE, _DATA = 24, 32, 40, 48
"""The columns of a record's parts."""

_TAB = 8


def render(reply: Reply, exchange: Exchange, server: Address, now: datetime) -> str:
    """The whole output for one reply."""
    lines = [*_header(reply), *_sections(reply), *_trailer(exchange, server, now)]
    return "".join(line + "\n" for line in lines)


def short(reply: Reply) -> str:
    """The data of the answers alone, a line each, as `dig +short`."""
    return "".join(record.rdata + "\n" for record in reply.answer)


def _header(reply: Reply) -> Iterator[str]:
    counts = {
        "QUERY": len(reply.questions),
        "ANSWER": len(reply.answer),
        "AUTHORITY": len(reply.authority),
        "ADDITIONAL": len(reply.additional) + (reply.edns is not None),
    }
    yield f";; ->>HEADER<<- opcode: {reply.opcode}, status: {reply.rcode}, id: {reply.id}"
    flags = "".join(f" {flag}" for flag in reply.flags)
    yield f";; flags:{flags}; " + ", ".join(f"{name}: {count}" for name, count in counts.items())
    yield ""


def _sections(reply: Reply) -> Iterator[str]:
    if reply.edns:
        yield from _edns(reply.edns)
    if reply.questions:
        yield ";; QUESTION SECTION:"
        for question in reply.questions:
            yield ";" + _columns(question.name, "", question.rrclass, question.type).rstrip()
        yield ""
    for title, found in (
        ("ANSWER", reply.answer),
        ("AUTHORITY", reply.authority),
        ("ADDITIONAL", reply.additional),
    ):
        if found:
            yield f";; {title} SECTION:"
            yield from map(_record, found)
            yield ""


def _edns(edns: EdnsText) -> Iterator[str]:
    yield ";; OPT PSEUDOSECTION:"
    yield f"; EDNS: version: {edns.version}, flags:{' do' if edns.do else ''}; udp: {edns.size}"
    yield from (f"; EDE: {error}" for error in edns.errors)
    yield from (f"; OPT={number}: {data}" for number, data in edns.options)


def _trailer(exchange: Exchange, server: Address, now: datetime) -> Iterator[str]:
    yield f";; Query time: {exchange.milliseconds} msec"
    yield f";; SERVER: {server.host}#{server.port}({server.host}) ({exchange.transport})"
    yield f";; WHEN: {now:%a %b %d %H:%M:%S %Z %Y}"
    yield f";; MSG SIZE  rcvd: {len(exchange.packet)}"


def _record(record: RecordText) -> str:
    head = _columns(record.owner, str(record.ttl), record.rrclass, record.type)
    return f"{head}{record.rdata}".rstrip()


def _columns(owner: str, ttl: str, rrclass: str, rrtype: str) -> str:
    """The words at dig's columns, ready for the data behind them."""
    line, at = owner, len(owner)
    for word, column in ((ttl, _TTL), (rrclass, _CLASS), (rrtype, _TYPE)):
        if word:
            space, at = _indent(at, column)
            line, at = line + space + word, at + len(word)
    return line + _indent(at, _DATA)[0]


def _indent(at: int, column: int) -> tuple[str, int]:
    """Tabs and then spaces to a column, at least one; and the column that was reached."""
    to = max(column, at + 1)
    tabs = to // _TAB - at // _TAB
    start = to // _TAB * _TAB if tabs > 0 else at
    return "\t" * max(tabs, 0) + " " * (to - start), to
