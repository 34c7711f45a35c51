"""`svcdns env` on an API server, over real HTTP."""

import asyncio
import json
from pathlib import Path

from aiohttp import web

from tests import fake_apiserver
from tests.cli.conftest import Run
from tests.fake_apiserver import FakeApiServer


def service(namespace: str, name: str, ip: str, port: object = 80) -> dict[str, object]:
    spec = {"clusterIP": ip, "clusterIPs": [ip], "ports": [{"port": port, "protocol": "TCP"}]}
    return {"kind": "Service", "metadata": {"namespace": namespace, "name": name}, "spec": spec}


async def test_a_cluster(run: Run, tmp_path: Path) -> None:
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
        result = await asyncio.to_thread(run, "env", "-n", "shop", *source)
        empty = await asyncio.to_thread(run, "env", "-n", "empty", *source)
        unknown = await asyncio.to_thread(run, "env", "-n", "emtpy", *source)
    finally:
        await api.stop()

    assert result.code == 0
    created = json.loads(result.out)
    hosts = {name: value for name, value in created.items() if name.endswith("_SERVICE_HOST")}

    assert hosts == {"DB_SERVICE_HOST": "10.96.0.7", "KUBERNETES_SERVICE_HOST": "10.96.0.1"}
    assert result.err.startswith("svcdns: Service shop/odd is skipped: spec.ports[0].port: Invalid value: ")
    assert (empty.code, next(iter(json.loads(empty.out)))) == (0, "KUBERNETES_SERVICE_HOST")
    assert unknown.code == 1 and unknown.err.endswith('namespaces "emtpy" not found; did you mean "empty"?\n')
    assert api.requests == {"list Service": 6, "list Namespace": 3}


class OneNamespace(FakeApiServer):
    """Whoever asks may list Services in `shop` and in `data`, and nothing else."""

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if request.match_info.get("namespace") in ("shop", "data"):
            return await super()._get(request)
        return fake_apiserver.refusal(403, "it is forbidden")


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, annotations: {svcdns.io/services: "db, auth.other"}}
spec: {containers: [{name: app}]}
"""
REFUSED = "the API server refused (403): it is forbidden"
UNKNOWN = [
    f"svcdns: the Services of namespace default are not known: {REFUSED}",
    f"svcdns: Namespaces are not known: {REFUSED}",
]


async def test_rights_in_the_namespace_alone_are_enough(run: Run, tmp_path: Path) -> None:
    api = OneNamespace()
    await api.load([service("shop", "db", "10.96.0.7"), service("data", "db", "10.96.0.9")])
    await api.start()
    (tmp_path / "pod.yaml").write_text(POD)
    try:
        source = ("--kubeconfig", str(api.kubeconfig(tmp_path)))
        result = await asyncio.to_thread(run, "env", "-n", "shop", *source)
        named = await asyncio.to_thread(run, "env", "-n", "shop", "--service", "db.data", *source)
        second = await asyncio.to_thread(run, "env", "-n", "other", *source)
        check = await asyncio.to_thread(run, "env", "--check", str(tmp_path / "pod.yaml"), *source)
    finally:
        await api.stop()

    assert (result.code, result.out.splitlines()[0]) == (0, "DB_SERVICE_HOST=10.96.0.7")
    assert result.err.splitlines() == UNKNOWN
    assert (named.code, named.out.splitlines()[0]) == (0, "DB_SERVICE_HOST=10.96.0.9")
    assert named.err.splitlines() == UNKNOWN[1:]
    assert (second.code, second.err) == (1, f"svcdns: {REFUSED}\n")
    assert check.code == 0 and "DB_SERVICE_HOST" in check.out
    unknown = f"svcdns: the Services of namespace other are not known: {REFUSED}"

    assert check.err.splitlines()[:3] == [UNKNOWN[0], unknown, UNKNOWN[1]]
