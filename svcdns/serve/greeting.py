"""What a person can ask the server that just started: one dig command for each kind of answer."""

from collections.abc import Iterable, Iterator

from svcdns.cluster import specification as cluster
from svcdns.dns import names, records
from svcdns.kube.store import Store
from svcdns.serve.runtime_config import RuntimeConfig

_TYPES = {
    records.A: "A",
    records.AAAA: "AAAA",
    records.SRV: "SRV",
    records.CNAME: "CNAME",
    records.PTR: "PTR",
}
_MOST = 6


def show(config: RuntimeConfig, services: int, questions: Iterable[str]) -> None:
    """Print it, for the first address without TLS."""
    at = next((at for at in config.only_listener.listen if not at.tls), None)
    if at is None:
        return
    zones = ", ".join(config.only_cluster.zone)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(at.host, at.host)  # noqa: S104 - shown, not bound
    print(f"svcdns serves {services} Services of {zones}. Try:")
    for question in questions:
        print(f"  dig @{host} -p {at.port} {question}")
    print("Ctrl-C ends it.", flush=True)


def examples(store: Store, options: cluster.Options) -> tuple[str, ...]:
    """Up to six `NAME TYPE`, each for an RRset that exists."""
    found: dict[str, str] = {}
    for wanted, text in _questions(store, options):
        found.setdefault(wanted, text)
        if len(found) == _MOST:
            break
    return tuple(found.values())


def _questions(store: Store, options: cluster.Options) -> Iterator[tuple[str, str]]:
    keys = sorted(store.services, key=lambda key: (key[0] == "kube-system", key))[:256]
    for key in keys:
        service = store.services[key]
        kind = "headless" if service.headless else service.spec.type or "ClusterIP"
        made = cluster.names_of(cluster.Touched(services={key}), store, options).names
        for name in sorted(made, key=lambda name: (not names.is_below(name, options.zones[0]), len(name))):
            for rrtype in sorted(made[name].rrsets):
                if rrtype in _TYPES:
                    yield f"{kind} {rrtype}", f"{names.to_text(name)} {_TYPES[rrtype]}"
            break
    yield from _reverse(store.services_at, store, options)


def _reverse(addresses: Iterable[bytes], store: Store, options: cluster.Options) -> Iterator[tuple[str, str]]:
    for address in addresses:
        for name in cluster.names_of(cluster.Touched(addresses={address}), store, options).names:
            yield "PTR", f"{names.to_text(name)} PTR"
        return
