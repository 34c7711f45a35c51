"""A part of the tree of names to the table's keys and values (`node_format` has their layout)."""

import functools
from collections.abc import Iterator

from svcdns.dns.table import node_encoding, rrset_encoding, synthesized, templates
from svcdns.dns.table.node_format import answer_key, tree_order_key
from svcdns.dns.table.subtree import EndpointNode, Node, PointerNode, Subtree


def encode_subtree(subtree: Subtree) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of the part.

    A target that is in neither its `nodes` nor its `glue` has no glue.
    """
    encode_answer = functools.partial(rrset_encoding.encode_answer, nodes=subtree.nodes, glue=subtree.glue)

    # The usual kinds are tested first: reverse names, then endpoints.
    for name, node in subtree.nodes.items():
        if isinstance(node, PointerNode):
            yield name, templates.encode_pointer(node)
        elif isinstance(node, EndpointNode):
            yield from templates.encode_endpoint(node)
        else:
            yield from node_encoding.encode_node(name, node, encode_answer)

    for service_name, endpoint_list in subtree.endpoint_lists.items():
        yield from synthesized.encode_lists(service_name, endpoint_list)

    for name in subtree.empty_non_terminals:
        yield tree_order_key(name), b""


def subtree_keys(subtree: Subtree) -> Iterator[bytes]:
    """All keys of the part, without the work of encoding its values."""
    for name, node in subtree.nodes.items():
        yield name

        # Endpoints and pointers have no large answers (`SharedRecords`).
        if isinstance(node, Node):
            for rrtype, rrset in node.rrsets.items():
                if node_encoding.is_large(rrset):
                    yield answer_key(name, rrtype)
        elif isinstance(node, EndpointNode):
            for labels, _ in node.subdomains:
                yield labels + name

    for service_name, endpoint_list in subtree.endpoint_lists.items():
        yield from synthesized.list_keys(service_name, endpoint_list)

    yield from map(tree_order_key, subtree.empty_non_terminals)
