"""`svcdns env` on an API server, over real HTTP."""

import asyncio
import json

from tests.fake_apiserver import FakeApiServer


def service(namespace: str, name: str, ip: str, port: object = 80) -> dict[str, object]:
    spec = {"clusterIP": ip, "clusterIPs": [ip], "ports": [{"port": port, "protocol": "TCP"}]}
    return {"kind": "Service", "metadata": {"namespace": namespace, "name": name}, "spec": spec}


async def test_a_cluster(run, tmp_path):
    """The Services of the namespace and `kubernetes`; one that cannot be read costs no other."""
    api = FakeApiServer()
    await api.load(
        [
            service("default", "kubernetes", "10.96.0.1"),
            service("shop", "db", "10.96.0.7"),
            service("shop", "odd", "10.96.0.8", port="http"),
            service("data", "db", "10.96.0.9"),
            {"kind": "Namespace", "metadata": {"name": "empty"}},
        ]
    )
    await api.start()
    try:
        source = ("--kubeconfig", str(api.kubeconfig(tmp_path)), "--format", "json")
        found = await asyncio.to_thread(run, "env", "-n", "shop", *source)
        empty = await asyncio.to_thread(run, "env", "-n", "empty", *source)
        unknown = await asyncio.to_thread(run, "env", "-n", "emtpy", *source)
    finally:
        await api.stop()
    assert found.code == 0
    made = json.loads(found.out)
    hosts = {name: value for name, value in made.items() if name.endswith("_SERVICE_HOST")}
    assert hosts == {"DB_SERVICE_HOST": "10.96.0.7", "KUBERNETES_SERVICE_HOST": "10.96.0.1"}
    assert found.err.startswith("svcdns: Service shop/odd passed over: spec.ports[0].port: Invalid value: ")
    assert (empty.code, next(iter(json.loads(empty.out)))) == (0, "KUBERNETES_SERVICE_HOST")
    assert unknown.code == 1 and unknown.err.endswith('namespaces "emtpy" not found; did you mean "empty"?\n')
    assert api.requests == {"list Service": 3, "list Namespace": 3}
