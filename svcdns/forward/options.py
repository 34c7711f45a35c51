"""The settings of a route and of its cache: which upstreams to ask, how, and how long to keep answers.

Times are seconds, and counts are those of one worker. `setting_types` says which fields are settings.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from svcdns import addresses
from svcdns.setting_types import PATH, Conflict

Policy: TypeAlias = Literal["random", "round_robin", "sequential"]


class Upstream(Struct, frozen=True, order=True):
    """A DNS server: UDP with TCP after TC, or with `tls` DNS over TLS (RFC 7858)."""

    host: str
    """An IP address."""
    port: int = 53
    tls: bool = False
    name: str = ""
    """The name that its certificate must have (RFC 8310 8.1); without one, its address."""

    def __str__(self) -> str:
        at = addresses.host_port(self.host, self.port)
        return f"tls://{at}{'#' if self.name else ''}{self.name}" if self.tls else at


class ForwardOptions(Struct, frozen=True, kw_only=True):
    """How the upstreams of a route are asked."""

    policy: Policy = "random"
    """Which of several upstreams is asked first. Those that do not answer are asked last."""

    timeout: Annotated[float, Meta(ge=1, le=30)] = 4
    """Seconds to find an answer. One upstream has half of them, then the next one is asked."""

    fail_fast: bool = False
    """Answer SERVFAIL at once while all upstreams of a name are known to be down. Otherwise they are tried
    for half a second, in case one has just come back."""

    attempts: float = 2
    """How many silent upstreams can be waited for, one after the other, before the timeout. A constant that
    tests change, not a setting: it has no bounds."""

    force_tcp: bool = False
    """Ask over TCP alone, for networks that lose UDP or let nobody send it. Over TLS it is so anyway."""

    in_flight: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    """Questions that a worker may ask the upstreams of one suffix at once; one client has at most four
    fifths of them. More get an expired answer, or SERVFAIL."""

    mixed_case: bool = False
    """Ask in random case, and accept only answers that repeat it ("0x20"). This makes forging harder."""

    max_age: Annotated[float, Meta(ge=1, le=3600)] = 60
    """Seconds after which a TCP or TLS connection to an upstream is replaced."""

    ca: Annotated[str | None, PATH] = None
    """CA certificates (PEM) to trust for tls:// upstreams, instead of the system's."""

    @property
    def attempt_timeout(self) -> float:
        """Seconds that one upstream has for its answer."""
        return self.timeout / self.attempts


class Route(Struct, frozen=True):
    """The upstreams for the names at and below `suffix` (folded wire form); the longest suffix wins.

    Without upstreams and files, these names are never forwarded.
    """

    suffix: bytes
    upstreams: tuple[Upstream, ...] = ()
    resolv_conf: tuple[str, ...] = ()
    """Files whose `nameserver` lines are upstreams too, read again when they change."""
    options: ForwardOptions = ForwardOptions()
    """How these upstreams are asked."""


def reverse_routes(routes: Iterable[Route]) -> tuple[tuple[bytes, bool], ...]:
    """The suffixes of routes that concern reverse names, and whether an upstream is asked for them.

    A route for all names that has no upstream changes nothing.
    """
    suffixes = ((route.suffix, bool(route.upstreams or route.resolv_conf)) for route in routes)
    return tuple(
        (suffix, is_asked)
        for suffix, is_asked in suffixes
        if suffix.endswith(b"\4arpa\0") or (suffix == b"\0" and is_asked)
    )


class CacheOptions(Struct, frozen=True, kw_only=True):
    """How answers of upstreams are cached."""

    size: Annotated[float, Meta(ge=1, le=4096)] = 32
    """Cache size per worker in MiB, overhead included."""

    min_ttl: Annotated[int, Meta(ge=0, le=3600)] = 0
    """Shortest time to cache an answer, in seconds, even if its TTL is lower."""

    max_ttl: Annotated[int, Meta(ge=0, le=86_400)] = 3600
    """Longest time to cache an answer, in seconds."""

    max_negative_ttl: Annotated[int, Meta(ge=0, le=3600)] = 300
    """Longest time to cache that a name or record does not exist, in seconds."""

    prefetch: bool = True
    """Refresh popular answers before they expire. Default: on."""

    serve_stale: Annotated[int, Meta(ge=0, le=604_800)] = 86_400
    """Seconds that an expired answer may still be served if no upstream answers (RFC 8767). 0: never."""

    entries_per_mib: float = 1500
    """How many answers fit into a MiB: one counts as at least some 700 bytes. Not a setting."""

    client_timer: float = 1.8
    """Seconds that a client waits before it gets an expired answer (RFC 8767 5). Not a setting."""

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        for field in ("max_ttl", "max_negative_ttl"):
            if self.min_ttl > getattr(self, field):
                message = f"the least TTL, {self.min_ttl}, is greater than the greatest one"
                yield Conflict(message, ("min_ttl", field))

    @property
    def max_bytes(self) -> int:
        """`size` in bytes."""
        return int(self.size * (1 << 20))

    @property
    def max_entries(self) -> int:
        """How many answers the whole cache can hold."""
        return int(self.size * self.entries_per_mib)


NOT_KEPT = CacheOptions(max_ttl=0, max_negative_ttl=0, prefetch=False, serve_stale=0)
"""The options of a block without a cache."""
