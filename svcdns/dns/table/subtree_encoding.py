"""A part of the tree to the table's keys and values (`nodes` has their layout)."""

import functools
from collections.abc import Iterator

from svcdns.dns.table import (
    node_encoding,
    rrset_encoding,
    synthesized,
    templates,
)
from svcdns.dns.table.node_format import answer_key, tree_order_key
from svcdns.dns.wire.records import (
    EndpointNode,
    Node,
    PointerNode,
    Subtree,
)


def encode_subtree(subtree: Subtree) -> Iterator[tuple[bytes, bytes]]:
    """All its keys and values.

    An SRV or NS target that is in none of its names and `glue` has no glue.
    """
    answer = functools.partial(rrset_encoding.encode_answer, nodes=subtree.nodes, glue=subtree.glue)
    for name, node in subtree.nodes.items():
        if isinstance(node, PointerNode):
            yield name, templates.encode_pointer(node)
        elif isinstance(node, EndpointNode):
            yield from templates.encode_endpoint(node)
        else:
            yield from node_encoding.encode_node(name, node, answer)
    for base, hosts in subtree.endpoint_lists.items():
        yield from synthesized.encode_lists(base, hosts)
    for name in subtree.empty_non_terminals:
        yield tree_order_key(name), b""


def subtree_keys(subtree: Subtree) -> Iterator[bytes]:
    """All its keys."""
    for name, node in subtree.nodes.items():
        yield name
        if isinstance(node, Node):
            for rrtype, rrset in node.rrsets.items():
                if node_encoding.is_large(rrset):
                    yield answer_key(name, rrtype)
        elif isinstance(node, EndpointNode):
            yield from (begin + name for begin, _ in node.subdomains)
    for base, hosts in subtree.endpoint_lists.items():
        yield from synthesized.list_keys(base, hosts)
    yield from map(tree_order_key, subtree.empty_non_terminals)
