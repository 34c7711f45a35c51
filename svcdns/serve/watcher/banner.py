"""What a person can ask the server that just started: one dig command for each kind of answer."""

from collections.abc import Iterable, Iterator

from svcdns.cluster import specification as cluster
from svcdns.dns.wire import mnemonics, names, records
from svcdns.kube.store import Store
from svcdns.serve.runtime.runtime_config import RuntimeConfig

_TYPE_NAMES = frozenset((records.A, records.AAAA, records.SRV, records.CNAME, records.PTR))
_MAX_EXAMPLES = 6


def print_banner(config: RuntimeConfig, service_count: int, queries: Iterable[str]) -> None:
    """Print it, for the first address without TLS."""
    at = next((at for at in config.only_listener.listen if not at.tls), None)
    if at is None:
        return
    zones = ", ".join(config.only_cluster.zone)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(at.host, at.host)  # noqa: S104 - shown, not bound
    print(f"svcdns serves {service_count} Services of {zones}. Try:")
    for question in queries:
        print(f"  dig @{host} -p {at.port} {question}")
    print("Ctrl-C ends it.", flush=True)


def example_queries(store: Store, options: cluster.ClusterOptions) -> tuple[str, ...]:
    """Up to six `NAME TYPE`, each for an RRset that exists."""
    found: dict[str, str] = {}
    for wanted, text in _candidate_queries(store, options):
        found.setdefault(wanted, text)
        if len(found) == _MAX_EXAMPLES:
            break
    return tuple(found.values())


def _candidate_queries(store: Store, options: cluster.ClusterOptions) -> Iterator[tuple[str, str]]:
    keys = sorted(store.services, key=lambda key: (key[0] == "kube-system", key))[:256]
    for key in keys:
        service = store.services[key]
        kind = "headless" if service.is_headless else service.spec.type or "ClusterIP"
        made = cluster.build_part(cluster.AffectedParts(services={key}), store, options).nodes
        for name in sorted(
            made, key=lambda name: (not names.is_subdomain(name, options.zones[0]), len(name))
        ):
            for rrtype in sorted(made[name].rrsets):
                if rrtype in _TYPE_NAMES:
                    yield f"{kind} {rrtype}", f"{names.to_text(name)} {mnemonics.type_text(rrtype)}"
            break
    yield from _reverse_queries(store.services_by_address, store, options)


def _reverse_queries(
    addresses: Iterable[bytes], store: Store, options: cluster.ClusterOptions
) -> Iterator[tuple[str, str]]:
    for address in addresses:
        for name in cluster.build_part(cluster.AffectedParts(addresses={address}), store, options).nodes:
            yield "PTR", f"{names.to_text(name)} PTR"
        return
