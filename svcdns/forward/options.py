"""Whom to ask and how, and what to keep: the settings of a route and of a cache.

Times are seconds, and counts are those of one worker. `setting_types` says which fields are settings.
"""

from collections.abc import Iterator
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
    """Which of several servers is asked first; those that do not answer come last."""

    timeout: Annotated[float, Meta(ge=1, le=30)] = 4
    """Seconds until an answer must be there. Half of it is for one server, then comes the next."""

    attempts: float = 2
    """So many servers that keep silent have their time, one after the other, before the timeout."""

    in_flight: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    """Questions of a worker that may be under way at once for the servers of one suffix. What is beyond gets
    an expired answer, or SERVFAIL."""

    mixed_case: bool = False
    """Ask in random case and take only answers that repeat it ("0x20"): harder to forge."""

    max_age: Annotated[float, Meta(ge=1, le=3600)] = 60
    """Seconds after which a TCP or TLS connection is replaced by a new one."""

    ca: Annotated[str | None, PATH] = None
    """Certificates (PEM) that tls:// servers are trusted by, instead of the system's."""

    @property
    def attempt_timeout(self) -> float:
        """Seconds that one server has."""
        return self.timeout / self.attempts


class Route(Struct, frozen=True):
    """Who is asked for the names at and below `suffix` (folded wire form); the longest one counts.

    Without upstreams and files nobody is asked.
    """

    suffix: bytes
    upstreams: tuple[Upstream, ...] = ()
    resolv_conf: tuple[str, ...] = ()
    """Files whose `nameserver` lines are upstreams too, read again when they change."""
    options: ForwardOptions = ForwardOptions()
    """How these upstreams are asked."""


class CacheOptions(Struct, frozen=True, kw_only=True):
    """How answers of upstreams are kept."""

    size: Annotated[float, Meta(ge=1, le=4096)] = 32
    """MiB of answers that each worker keeps, with all that keeping them takes."""

    min_ttl: Annotated[int, Meta(ge=0, le=3600)] = 0
    """Seconds that an answer is kept at least, whatever its TTL says."""

    max_ttl: Annotated[int, Meta(ge=0, le=86_400)] = 3600
    """Seconds that an answer is kept at most."""

    max_negative_ttl: Annotated[int, Meta(ge=0, le=3600)] = 300
    """Seconds at most that it is kept that a name does not exist."""

    prefetch: bool = True
    """Ask again for what is asked often before it expires. On unless it is switched off."""

    serve_stale: Annotated[int, Meta(ge=0, le=604_800)] = 86_400
    """Seconds that an expired answer may still be given where no server answers (RFC 8767). 0: never."""

    entries_per_mib: float = 1500
    """How many answers fit: one counts as at least some 700 bytes."""

    client_timer: float = 1.8
    """Seconds that a client waits before it gets an expired answer (RFC 8767 5)."""

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        for field in ("max_ttl", "max_negative_ttl"):
            if self.min_ttl > getattr(self, field):
                message = f"the least TTL, {self.min_ttl}, is greater than the greatest one"
                yield Conflict(message, ("min_ttl", field))

    @property
    def max_bytes(self) -> int:
        """The same of `size`."""
        return int(self.size * (1 << 20))

    @property
    def max_entries(self) -> int:
        """How many answers fit at most."""
        return int(self.size * self.entries_per_mib)


NOT_KEPT = CacheOptions(max_ttl=0, max_negative_ttl=0, prefetch=False, serve_stale=0)
"""Of a block without a cache."""
