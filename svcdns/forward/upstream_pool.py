"""The upstreams of one route: those that were given, and those of its files, which may change."""

import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

from svcdns.dns.wire import names
from svcdns.forward import selection_policy
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.options import Route
from svcdns.forward.resolvconf import ResolvConf
from svcdns.forward.upstream_client import UpstreamClient
from svcdns.forward.upstream_server import UpstreamServer

MAX_UPSTREAMS_PER_ROUTE = 32
"""Of one route."""

T = TypeVar("T")

_random = secrets.SystemRandom()


class UpstreamPool:
    """`members` are in the order of the configuration, those of files last."""

    def __init__(
        self, route: Route, client: UpstreamClient, on_event: Callable[[ForwardEvent], None]
    ) -> None:
        self.suffix = route.suffix
        self.options = route.options
        self.client = client
        self.servers: tuple[UpstreamServer, ...] = ()
        self.is_never_forwarded = not route.upstreams and not route.resolv_conf
        """The names are to be asked of nobody."""
        self.all_down_count = 0
        """Questions for which all of them were down."""
        self.in_flight_count = 0
        """Questions under way."""
        self.waiting_count = 0
        """Queries that wait for these."""
        self._configured = route.upstreams
        self._files = {path: ResolvConf(path) for path in route.resolv_conf}
        self._on_event = on_event
        self._round_robin_index = _random.randrange(1 << 16)
        self.reload_files()

    def __str__(self) -> str:
        return "upstreams" if self.suffix == names.ROOT else f"upstreams of {names.to_text(self.suffix)}"

    def reload_files(self) -> bool:
        """Look at the files; whether the members are others now. What is known of those that stay, stays."""
        for path, file in self._files.items():
            for problem in file.reload_if_changed():
                self._on_event(ForwardEvent("resolv-conf", path, problem))
        listed = [upstream for file in self._files.values() for upstream in file.upstreams]
        wanted = list(dict.fromkeys((*self._configured, *listed)))
        before = {member.upstream: member for member in self.servers}
        if wanted[:MAX_UPSTREAMS_PER_ROUTE] == list(before):
            return False
        if len(wanted) > MAX_UPSTREAMS_PER_ROUTE:
            text = f"only the first {MAX_UPSTREAMS_PER_ROUTE} of {len(wanted)} {self} are asked"
            self._on_event(ForwardEvent("resolv-conf", names.to_text(self.suffix), text))
        self.servers = tuple(
            before.get(upstream) or UpstreamServer(upstream, self.suffix, self._on_event)
            for upstream in wanted[:MAX_UPSTREAMS_PER_ROUTE]
        )
        return True

    def candidates(self) -> list[UpstreamServer]:
        """Whom to ask, best first; nobody where all are left out, or none is known."""
        in_use = [member for member in self.servers if not member.is_looping]
        up = [member for member in in_use if member.health.is_up]
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
        """The members as text."""
        return ", ".join(str(member.upstream) for member in self.servers)


def _shuffle(servers: Sequence[T]) -> list[T]:
    return _random.sample(servers, len(servers))
