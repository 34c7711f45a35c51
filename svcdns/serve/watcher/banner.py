"""Shows what can be asked of the server that just started: a dig command for each kind of answer."""

from collections.abc import Iterable, Iterator

from svcdns.cluster import specification as cluster
from svcdns.dns.wire import mnemonics, names, records
from svcdns.kube.store import Store
from svcdns.serve.runtime.runtime_config import RuntimeConfig

_TYPE_NAMES = frozenset((records.A, records.AAAA, records.SRV, records.CNAME, records.PTR))
"""The types that a cluster's names have."""
_MAX_EXAMPLES = 6
_MAX_SERVICES = 256
"""Services that are searched for examples: enough for every kind, in a moment."""


def print_banner(config: RuntimeConfig, service_count: int, queries: Iterable[str]) -> None:
    """Print how to ask the first address without TLS; `queries` are those of `example_queries`."""
    # dig asks over UDP by default, which a TLS address does not take.
    at = next((at for at in config.only_listener.listen if not at.tls), None)
    if at is None:
        return

    # A wildcard address is asked by the loopback one.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(at.host, at.host)  # noqa: S104 - shown, not bound
    print(f"svcdns serves {service_count} Services of {', '.join(config.only_cluster.zone)}. Try:")
    for query in queries:
        print(f"  dig @{host} -p {at.port} {query}")
    print("Press Ctrl-C to stop.", flush=True)


def example_queries(store: Store, options: cluster.ClusterOptions) -> tuple[str, ...]:
    """Up to six texts `NAME TYPE`, each for an RRset that exists and of another kind."""
    query_by_kind: dict[str, str] = {}
    for kind, query in _candidate_queries(store, options):
        query_by_kind.setdefault(kind, query)
        if len(query_by_kind) == _MAX_EXAMPLES:
            break
    return tuple(query_by_kind.values())


def _candidate_queries(store: Store, options: cluster.ClusterOptions) -> Iterator[tuple[str, str]]:
    """Kinds of answers, with a query for each; the same kind may come several times."""
    # The cluster's own Services last: people know theirs better.
    keys = sorted(store.services, key=lambda key: (key[0] == "kube-system", key))[:_MAX_SERVICES]
    for key in keys:
        service = store.services[key]
        service_kind = "headless" if service.is_headless else service.spec.type or "ClusterIP"
        nodes = cluster.build_part(cluster.AffectedParts(services={key}), store, options).nodes
        if not nodes:
            continue

        # The shortest name of the first zone is the Service's own, not that of a port or a Pod.
        service_name = min(
            nodes, key=lambda name: (not names.is_subdomain(name, options.zones[0]), len(name))
        )
        for rrtype in sorted(nodes[service_name].rrsets):
            if rrtype in _TYPE_NAMES:
                query = f"{names.to_text(service_name)} {mnemonics.type_text(rrtype)}"
                yield f"{service_kind} {rrtype}", query

    yield from _reverse_queries(store.services_by_address, store, options)


def _reverse_queries(
    addresses: Iterable[bytes], store: Store, options: cluster.ClusterOptions
) -> Iterator[tuple[str, str]]:
    # One address is enough: all their answers are of the same kind.
    for address in addresses:
        for name in cluster.build_part(cluster.AffectedParts(addresses={address}), store, options).nodes:
            yield "PTR", f"{names.to_text(name)} PTR"
        return
