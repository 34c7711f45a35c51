"""A reply as dig prints it, so that eyes and scripts that know dig need not learn.

Source: BIND 9.18 bin/dig and lib/dns/masterdump.c, for the columns.
"""

from collections.abc import Iterator
from datetime import datetime

from svcdns.cli.dns_client.client_transport import ClientExchange
from svcdns.cli.dns_client.reply_text import EdnsText, RecordText, ReplyText
from svcdns.value_types import Address

_TTL_COLUMN, _CLASS_COLUMN, _TYPE_COLUMN, _RDATA_COLUMN = 24, 32, 40, 48
"""The columns at which the parts of a record begin, counted from 0."""

_TAB_WIDTH = 8
"""Columns of a tab; dig fills with tabs as far as they reach, then with spaces."""


def render_reply(reply: ReplyText, exchange: ClientExchange, server: Address, now: datetime) -> str:
    """The whole output for one reply; `now` has a time zone."""
    lines = [*_header_lines(reply), *_section_lines(reply), *_trailer_lines(exchange, server, now)]
    return "".join(line + "\n" for line in lines)


def render_short(reply: ReplyText) -> str:
    """The data of the answers alone, a line each, as `dig +short`."""
    return "".join(record.rdata + "\n" for record in reply.answer)


def _header_lines(reply: ReplyText) -> Iterator[str]:
    counts = {
        "QUERY": len(reply.questions),
        "ANSWER": len(reply.answer),
        "AUTHORITY": len(reply.authority),
        # The OPT record counts, though it is shown elsewhere.
        "ADDITIONAL": len(reply.additional) + (reply.edns is not None),
    }
    yield f";; ->>HEADER<<- opcode: {reply.opcode}, status: {reply.rcode}, id: {reply.id}"
    flags = "".join(f" {flag}" for flag in reply.flags)
    yield f";; flags:{flags}; " + ", ".join(f"{name}: {count}" for name, count in counts.items())
    yield ""


def _section_lines(reply: ReplyText) -> Iterator[str]:
    if reply.edns:
        yield from _edns_lines(reply.edns)

    if reply.questions:
        yield ";; QUESTION SECTION:"
        for question in reply.questions:
            yield ";" + _align_columns(question.name, "", question.rrclass, question.type).rstrip()
        yield ""

    sections = {"ANSWER": reply.answer, "AUTHORITY": reply.authority, "ADDITIONAL": reply.additional}
    for title, section_records in sections.items():
        if section_records:
            yield f";; {title} SECTION:"
            yield from map(_record_line, section_records)
            yield ""


def _edns_lines(edns: EdnsText) -> Iterator[str]:
    yield ";; OPT PSEUDOSECTION:"
    yield f"; EDNS: version: {edns.version}, flags:{' do' if edns.do else ''}; udp: {edns.size}"
    yield from (f"; EDE: {error}" for error in edns.errors)
    yield from (f"; OPT={number}: {data}" for number, data in edns.options)


def _trailer_lines(exchange: ClientExchange, server: Address, now: datetime) -> Iterator[str]:
    yield f";; Query time: {exchange.elapsed_ms} msec"
    yield f";; SERVER: {server.host}#{server.port}({server.host}) ({exchange.transport})"
    yield f";; WHEN: {now:%a %b %d %H:%M:%S %Z %Y}"
    yield f";; MSG SIZE  rcvd: {len(exchange.reply_packet)}"


def _record_line(record: RecordText) -> str:
    head = _align_columns(record.owner, str(record.ttl), record.rrclass, record.type)
    return f"{head}{record.rdata}".rstrip()


def _align_columns(owner: str, ttl: str, rrclass: str, rrtype: str) -> str:
    """The words at dig's columns, ready for the data behind them."""
    line = owner
    position = len(owner)  # on the screen, where a tab takes up to 8 columns
    for word, column in ((ttl, _TTL_COLUMN), (rrclass, _CLASS_COLUMN), (rrtype, _TYPE_COLUMN)):
        if word:  # a question has no TTL
            space, position = _indent(position, column)
            line += space + word
            position += len(word)

    return line + _indent(position, _RDATA_COLUMN)[0]


def _indent(position: int, column: int) -> tuple[str, int]:
    """Tabs and then spaces to a column, at least one; and the column that was reached."""
    target = max(column, position + 1)

    # A tab ends at the next multiple of its width, so the tabs are the multiples that are passed.
    tabs = target // _TAB_WIDTH - position // _TAB_WIDTH
    after_tabs = target // _TAB_WIDTH * _TAB_WIDTH if tabs > 0 else position
    return "\t" * max(tabs, 0) + " " * (target - after_tabs), target
