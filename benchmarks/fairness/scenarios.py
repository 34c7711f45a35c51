"""The floods of one client, and the servers that bear them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.servers import nsd, svcdns, unbound
from benchmarks.servers.server_types import Server, ServerSite

RATE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Scenario:
    """A flood: queries a second, 0 for as fast as possible; None: there is none."""

    name: str
    title: str
    rate: int | None = None
    is_outside: bool = False
    """Random names outside of the cluster, else names of the cluster."""
    is_upstream_silent: bool = False


CALM = Scenario("calm", "no flood")
SCENARIOS = (
    CALM,
    Scenario("outside", "1,500/s random outside names, the upstream answers", 1500, is_outside=True),
    Scenario(
        "silent",
        "1,500/s random outside names, the upstream is silent",
        1500,
        is_outside=True,
        is_upstream_silent=True,
    ),
    Scenario("cluster-5000", "5,000/s names of the cluster", 5000),
    Scenario("cluster-20000", "20,000/s names of the cluster", 20_000),
    Scenario("cluster-all", "names of the cluster, as fast as one process sends", 0),
)


def _limited(site: ServerSite) -> list[str]:
    """By address: in the usual network of 256, the flood and the other client would be limited together."""
    limit = ["--rate-limit", str(RATE_LIMIT), "--rate-limit-ipv4-prefix", "32"]
    return [*svcdns.SERVER.command(site), *limit]


SERVERS: Mapping[str, Server] = {
    server.name: server
    for server in (
        svcdns.SERVER,
        replace(
            svcdns.SERVER,
            name="limited",
            title=f"svcdns, rate_limit {RATE_LIMIT} by address",
            command=_limited,
        ),
        nsd.SERVER,
        unbound.SERVER,
    )
}
