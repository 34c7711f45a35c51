"""A part of the tree to the table's keys and values (`nodes` has their layout)."""

import functools
from collections.abc import Iterator

from svcdns.dns import answers, implied, moulds, packing
from svcdns.dns.nodes import key, order_key
from svcdns.dns.records import Host, Node, Part, Pointer


def compile_part(part: Part) -> Iterator[tuple[bytes, bytes]]:
    """All its keys and values.

    An SRV or NS target that is in none of its names and `glue` has no glue.
    """
    answer = functools.partial(answers.answer_value, nodes=part.names, glue=part.glue)
    for name, node in part.names.items():
        if isinstance(node, Pointer):
            yield name, moulds.pointer_value(node)
        elif isinstance(node, Host):
            yield from moulds.host_entries(node)
        else:
            yield from packing.compile_node(name, node, answer)
    for base, hosts in part.hosts.items():
        yield from implied.entries(base, hosts)
    for name in part.above:
        yield order_key(name), b""


def keys(part: Part) -> Iterator[bytes]:
    """All its keys."""
    for name, node in part.names.items():
        yield name
        if isinstance(node, Node):
            for rrtype, rrset in node.rrsets.items():
                if packing.is_large(rrset):
                    yield key(name, rrtype)
        elif isinstance(node, Host):
            yield from (begin + name for begin, _ in node.below)
    for base, hosts in part.hosts.items():
        yield from implied.keys(base, hosts)
    yield from map(order_key, part.above)
