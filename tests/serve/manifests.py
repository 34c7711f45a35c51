"""A folder of manifests that a test edits."""

from pathlib import Path

WEB = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}
"""

HEADLESS = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: default}
spec: {clusterIP: None, ports: [{name: pg, port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: default, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: pg, port: 5432}]
endpoints: [{addresses: [10.0.0.1], hostname: db-0}, {addresses: [10.0.0.2]}]
"""

SLOW = "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: slow, namespace: default}" * 40_000
"""Objects of no interest, which take some seconds to read."""


def folder(path: Path, **files: str) -> Path:
    """A folder of these files, `web=` is `web.yaml`."""
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.yaml").write_text(text)
    return path


def service(name: str, address: str) -> str:
    """A Service with a cluster IP."""
    return WEB.replace("name: web", f"name: {name}").replace("10.96.0.1", address)


def large_set(count: int) -> str:
    """A headless Service `many` with so many endpoints, in slices of 1,000."""
    documents = [
        "apiVersion: v1\nkind: Service\nmetadata: {name: many, namespace: default}\nspec: {clusterIP: None}"
    ]
    for start in range(0, count, 1000):
        addresses = [
            f"10.{1 + (n >> 16)}.{n >> 8 & 255}.{n & 255}" for n in range(start, min(count, start + 1000))
        ]
        documents.append(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\nmetadata: "
            f"{{name: many-{start}, namespace: default, labels: {{kubernetes.io/service-name: many}}}}\n"
            "endpoints: [" + ", ".join(f"{{addresses: [{address}]}}" for address in addresses) + "]"
        )
    return "\n---\n".join(documents)
