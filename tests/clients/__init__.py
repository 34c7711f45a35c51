"""Real clients: the tools that people ask with, and the resolvers that programs are built on.

A program of this folder (`lookup.c`, `lookup.go`, `lookup.js`, `Lookup.java`, `lookup.py`) is the door
to a resolver: it prints `ready`, then for each line that it reads, `KIND NAME`, one line:

    found VALUE...      addresses, names, or TARGET:PORT of SRV records
    absent              no such name, or nothing of this kind
    failed MESSAGE      anything else, in the resolver's own words

`programs.py` builds them, `namespace.py` runs them as a Pod would, `resolvers.txt` says what they find.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parent

BIG = [f"10.244.2.{number}" for number in range(1, 101)]
"""The endpoints of headless Service `big`: more than a datagram takes, as addresses and as SRV records."""

_BIG_SLICE = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {
        "name": "big-1",
        "namespace": "default",
        "labels": {"kubernetes.io/service-name": "big"},
    },
    "addressType": "IPv4",
    "endpoints": [{"addresses": [address]} for address in BIG],
    "ports": [{"name": "http", "port": 80}],
}


def serve_arguments(folder: Path) -> list[str]:
    """What `svcdns serve` gets to serve `cluster.yaml` and `big`."""
    manifests = folder / "manifests"
    manifests.mkdir()
    (manifests / "big.json").write_text(json.dumps(_BIG_SLICE))
    return ["--manifests", str(FOLDER / "cluster.yaml"), "--manifests", str(manifests)]
