"""What is asked: a file of questions for dnsperf for each kind; random names, the same ones for a seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from benchmarks import external_names
from benchmarks.cluster import ZONE, Cluster
from benchmarks.zones import reverse_name

Question: TypeAlias = tuple[str, str]
"""(name without the last dot, type)"""

Transport: TypeAlias = Literal["udp", "tcp", "dot"]
"""As dnsperf names them; dot is DNS over TLS."""

MIX = {"A": 35, "AAAA": 20, "NXDOMAIN": 30, "headless": 7, "SRV": 4, "PTR": 4}
"""Questions of each kind in a hundred: about what a CoreDNS gets from Pods with `ndots:5`."""


@dataclass(frozen=True, slots=True)
class Workload:
    """How a server is asked."""

    name: str
    title: str
    questions: str
    """The kind of the questions."""
    transport: Transport = "udp"
    has_edns: bool = False
    is_connection_per_query: bool = False
    """A new connection for each query, over TCP and TLS."""


WORKLOADS = (
    Workload("mix", "the mix", "mix"),
    Workload("a", "A", "A"),
    Workload("nxdomain", "NXDOMAIN by search path", "NXDOMAIN"),
    Workload("aaaa", "AAAA, NODATA", "AAAA"),
    Workload("headless", "A, headless, 10 addresses", "headless"),
    Workload("srv", "SRV", "SRV"),
    Workload("ptr", "PTR", "PTR"),
    Workload("edns", "A with EDNS", "A", has_edns=True),
    Workload("tcp", "the mix, TCP kept", "mix", "tcp"),
    Workload("tcp-new", "the mix, TCP new", "mix", "tcp", is_connection_per_query=True),
    Workload("tls", "the mix, TLS kept", "mix", "dot"),
    Workload("forwarded", "A, forwarded and cached", external_names.KIND),
)

MIX_WORKLOAD = WORKLOADS[0]
TITLES = {workload.name: workload.title for workload in WORKLOADS}


def question_makers(cluster: Cluster, rng: random.Random) -> dict[str, Callable[[], Question]]:
    """How to make one random question of each kind."""
    plain = cluster.services_of_kind("cluster")
    headless = cluster.services_of_kind("headless")

    def search_path() -> Question:
        """A name with a part of the search path behind it, as `ndots:5` makes of longer names."""
        service = rng.choice(plain)
        space = rng.choice(cluster.namespaces)
        name = rng.choice((f"{service.name}.{service.namespace}", f"{service.name}.example.com"))
        return f"{name}.{space}.svc.{ZONE}", rng.choice(("A", "AAAA"))

    def reverse() -> Question:
        service = rng.choice(plain)
        address = rng.choice((service.address, *service.endpoints))
        return reverse_name(str(address)).rstrip("."), "PTR"

    def service_port() -> Question:
        service = rng.choice(plain)
        return f"_{rng.choice(service.ports).name}._tcp.{service.base}", "SRV"

    return {
        "A": lambda: (rng.choice(plain).base, "A"),
        "AAAA": lambda: (rng.choice(plain).base, "AAAA"),
        "NXDOMAIN": search_path,
        "headless": lambda: (rng.choice(headless).base, "A"),
        "SRV": service_port,
        "PTR": reverse,
    }


def write_questions(cluster: Cluster, folder: Path, count: int = 100_000, seed: int = 2) -> dict[str, Path]:
    """Write the questions of each kind and of the mix; returns their files."""
    rng = random.Random(seed)
    make = question_makers(cluster, rng)
    kinds = {kind: [kind] * count for kind in make}
    kinds["mix"] = rng.choices(list(MIX), list(MIX.values()), k=count)
    files = {}
    for name, drawn in kinds.items():
        files[name] = folder / f"{name}.questions"
        lines = (" ".join(make[kind]()) for kind in drawn)
        files[name].write_text("\n".join(lines) + "\n")

    return files
