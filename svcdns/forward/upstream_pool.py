"""The upstreams of one route: those that were given, and those of its files, which may change."""

import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

from svcdns.dns.wire import names
from svcdns.forward import selection_policy
from svcdns.forward.client_shares import ClientShares
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.options import Route
from svcdns.forward.resolvconf import ResolvConf
from svcdns.forward.upstream_client import UpstreamClient
from svcdns.forward.upstream_server import UpstreamServer

MAX_UPSTREAMS_PER_ROUTE = 32
"""More would be a mistake in a file, and each costs probes."""

T = TypeVar("T")

_random = secrets.SystemRandom()


class UpstreamPool:
    """The upstreams of one route; `servers` are in the order of the configuration, those of files last."""

    def __init__(
        self, route: Route, client: UpstreamClient, on_event: Callable[[ForwardEvent], None]
    ) -> None:
        self.suffix = route.suffix
        self.options = route.options
        self.client = client
        self.servers: tuple[UpstreamServer, ...] = ()
        self.is_never_forwarded = not route.upstreams and not route.resolv_conf
        """The route has no upstreams, and no files that may bring some."""
        self.all_down_count = 0
        """Questions for which all upstreams were down."""
        self.in_flight = ClientShares()
        """Questions that upstreams are being asked, by the client that asked first."""
        self.waiting = ClientShares()
        """Queries that wait for these questions."""
        self.down_attempts = 0
        """Questions that try these upstreams although all are down."""
        self._configured = route.upstreams
        self._files = {path: ResolvConf(path) for path in route.resolv_conf}
        self._on_event = on_event
        # Random: otherwise all workers would begin with the same upstream.
        self._round_robin_index = _random.randrange(1 << 16)
        # Also the first reading: at its first look, a file counts as changed.
        self.reload_files()

    def __str__(self) -> str:
        return "upstreams" if self.suffix == names.ROOT else f"upstreams of {names.to_text(self.suffix)}"

    def reload_files(self) -> bool:
        """Read changed files; whether the upstreams have changed. Those that stay keep their state."""
        for path, file in self._files.items():
            for problem in file.reload_if_changed():
                self._on_event(ForwardEvent("resolv-conf", path, problem))

        listed = [upstream for file in self._files.values() for upstream in file.upstreams]
        # An upstream that is configured and also listed in a file is one.
        upstreams = list(dict.fromkeys((*self._configured, *listed)))
        current = {server.upstream: server for server in self.servers}
        # The order counts: `sequential` asks in it.
        if upstreams[:MAX_UPSTREAMS_PER_ROUTE] == list(current):
            return False

        if len(upstreams) > MAX_UPSTREAMS_PER_ROUTE:
            text = f"only the first {MAX_UPSTREAMS_PER_ROUTE} of {len(upstreams)} {self} are asked"
            self._on_event(ForwardEvent("resolv-conf", names.to_text(self.suffix), text))

        self.servers = tuple(
            # The same object: its health, its counts and its checks go on.
            current.get(upstream) or UpstreamServer(upstream, self.suffix, self._on_event)
            for upstream in upstreams[:MAX_UPSTREAMS_PER_ROUTE]
        )
        return True

    def candidates(self) -> list[UpstreamServer]:
        """The upstreams to ask, best first; empty if all lead back here, or there are none."""
        in_use = [server for server in self.servers if not server.is_looping]
        up = [server for server in in_use if server.health.is_up]

        self._round_robin_index += 1
        self.all_down_count += bool(in_use) and not up
        return selection_policy.order_candidates(
            self.options.policy, up, in_use, self._round_robin_index, _shuffle
        )

    def explain_no_candidates(self) -> str:
        """The reason why there are no candidates."""
        if self.servers:
            return f"all {self} lead back to this server: {self.format_upstreams()}"
        return f"there are no {self}" + "".join(f"; no nameserver in {path}" for path in self._files)

    def format_upstreams(self) -> str:
        """The upstreams as text."""
        return ", ".join(str(server.upstream) for server in self.servers)


def _shuffle(servers: Sequence[T]) -> list[T]:
    return _random.sample(servers, len(servers))
