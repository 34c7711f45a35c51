"""What the answers of a table owe each other, whatever the cluster: asked as a worker asks."""

import struct
from collections.abc import Iterator, Mapping

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.table import node_format, rrset_encoding
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import Record, RRType
from tests.dns import asked, tables
from tests.oracle import Options

_HEADER = struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0)
_ABSENT = records.MX
_ADDRESS_TYPES = (records.A, records.AAAA)


def check_answers(table: Mapping[bytes, bytes], options: Options) -> None:
    """Each name is answered with what it owns, and what its records lead to has addresses.

    - A name has all the types that its node has, and for any other one NODATA, not NXDOMAIN.
    - The target of SRV has an address.
    - The target of PTR has the address whose name was asked for. Not so with `ignore_empty_service`: a
      cluster IP has a name even while its Service has none.
    """
    caches = tables.serve(table, AnswerContext(lambda bits: 0))
    leading_types = (records.SRV,) if options.ignore_empty_service else (records.SRV, records.PTR)
    addresses_by_target: dict[bytes, set[bytes]] = {}

    def find_addresses(target: bytes) -> set[bytes]:
        if target not in addresses_by_target:
            found = [record.rdata for rrtype in _ADDRESS_TYPES for record in _ask(caches, target, rrtype)]
            addresses_by_target[target] = set(found)
        return addresses_by_target[target]

    for name, node in _nodes(table):
        types = node_format.node_types(node)
        if records.CNAME in types:
            continue
        assert not _ask(caches, name, _ABSENT)

        for rrtype in types:
            answer = _ask(caches, name, rrtype)
            assert answer, f"{names.to_text(name)} has no {rrtype}"
            for record in answer if rrtype in leading_types else ():
                target = record.rdata[6:] if rrtype == records.SRV else record.rdata
                found = find_addresses(target)
                assert found, f"{names.to_text(name)} leads to {names.to_text(target)}, which has no address"
                if rrtype == records.PTR:
                    assert name in map(names.reverse_name, found), f"{names.to_text(name)} is not {found}"


def _nodes(table: Mapping[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The names that have keys, and their nodes."""
    for key, value in table.items():
        if key[0] and key.index(0) == len(key) - 1:
            yield key, value


def _ask(caches: FastPathCaches, name: bytes, rrtype: RRType) -> list[Record]:
    """The answer section; the reply is whole, and says that the name exists."""
    query = b"".join((_HEADER, name, rrtype.to_bytes(2, "big"), b"\0\1"))
    reply = asked.without_id(caches, query, stream=True)
    assert isinstance(reply, bytes), f"not answered: {reply}"
    # QR and AA, no TC; NOERROR.
    assert reply[0] & 0x86 == 0x84 and not reply[1] & 0x0F, f"{names.to_text(name)} {rrtype}: {reply[:2]!r}"

    at = len(query)
    answer = []
    for _ in range(int.from_bytes(reply[4:6], "big")):
        # Pointers count the bytes of the id, too.
        record, at = rrset_encoding.decode_record(name, reply, at)
        answer.append(record)
    return answer
