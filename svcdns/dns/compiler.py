"""A part of the tree to the table's keys and values (`nodes` has their layout)."""

import functools
from collections.abc import Iterator

from svcdns.dns import answers, implied, moulds, packing
from svcdns.dns.nodes import answer_key, tree_order_key
from svcdns.dns.records import EndpointNode, Node, Subtree, PointerNode


def encode_subtree(subtree: Subtree) -> Iterator[tuple[bytes, bytes]]:
    """All its keys and values.

    An SRV or NS target that is in none of its names and `glue` has no glue.
    """
    answer = functools.partial(answers.encode_answer, nodes=subtree.nodes, glue=subtree.glue)
    for name, node in subtree.nodes.items():
        if isinstance(node, PointerNode):
            yield name, moulds.encode_pointer(node)
        elif isinstance(node, EndpointNode):
            yield from moulds.encode_endpoint(node)
        else:
            yield from packing.encode_node(name, node, answer)
    for base, hosts in subtree.endpoint_lists.items():
        yield from implied.encode_lists(base, hosts)
    for name in subtree.empty_non_terminals:
        yield tree_order_key(name), b""


def subtree_keys(subtree: Subtree) -> Iterator[bytes]:
    """All its keys."""
    for name, node in subtree.nodes.items():
        yield name
        if isinstance(node, Node):
            for rrtype, rrset in node.rrsets.items():
                if packing.is_large(rrset):
                    yield answer_key(name, rrtype)
        elif isinstance(node, EndpointNode):
            yield from (begin + name for begin, _ in node.subdomains)
    for base, hosts in subtree.endpoint_lists.items():
        yield from implied.list_keys(base, hosts)
    yield from map(tree_order_key, subtree.empty_non_terminals)
