"""Namespaces that capture names of the Internet through the search path of Pods (CVE-2022-2837).

`tlds` has the list, and says how that happens.
"""

from svcdns.cluster import tlds
from svcdns.cluster.options import ClusterOptions, is_exposed_namespace
from svcdns.kube.store import Store


def is_tld_collision(namespace: str, store: Store, options: ClusterOptions) -> bool:
    """Whether the namespace is named like a top-level domain, exists, and has names that are served."""
    return (
        tlds.is_tld(namespace)
        and store.namespace_exists(namespace)
        and is_exposed_namespace(namespace, store, options)
    )
