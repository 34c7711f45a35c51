"""Namespaces that capture names of the Internet through the search path of Pods (CVE-2022-2837)."""

from svcdns.cluster.options import Options, exposed
from svcdns.dns import toplevel
from svcdns.kube.store import Store


def captures(namespace: str, state: Store, options: Options) -> bool:
    """Whether names are served of a namespace that is named like a top-level domain."""
    return toplevel.is_top_level(namespace) and state.exists(namespace) and exposed(namespace, state, options)
