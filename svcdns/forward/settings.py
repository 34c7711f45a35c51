"""Whom to ask and how: plain values, made from the configuration, read by every worker."""

from typing import Literal, TypeAlias

from msgspec import Struct

from svcdns import addresses

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


class Route(Struct, frozen=True):
    """Who is asked for the names at and below `suffix` (folded wire form); the longest one counts.

    Without upstreams and files nobody is asked.
    """

    suffix: bytes
    upstreams: tuple[Upstream, ...] = ()
    resolv_conf: tuple[str, ...] = ()
    """Files whose `nameserver` lines are upstreams too, read again when they change."""


class Asking(Struct, frozen=True):
    """How upstreams are asked; seconds and counts of one worker."""

    policy: Policy = "random"
    per_try: float = 2.0
    in_all: float = 4.5
    """Below the 5 s after which resolvers ask again."""
    in_flight: int = 1000
    """Questions under way for one route: one whose upstreams are silent takes no other's place."""
    mixed_case: bool = False
    """The question's case is random, and must come back as it was sent ("0x20")."""
    max_age: float = 60.0
    """Of a TCP or TLS connection; then a new one takes its place."""
    ca: str = ""
    """File of the certificate authorities for TLS (PEM); empty: the system's."""


class Keeping(Struct, frozen=True):
    """How answers are kept; seconds, bytes and counts of one worker."""

    max_bytes: int = 32 << 20
    max_entries: int = 50_000
    min_ttl: int = 0
    max_ttl: int = 3600
    max_negative_ttl: int = 300
    prefetch: bool = True
    """Ask again for what is asked often, before it expires."""
    stale: int = 86_400
    """How long after its end an answer may be given when no upstream answers (RFC 8767); 0: never."""
    client_timer: float = 1.8
    """How long a client waits before it gets a stale answer (RFC 8767 5)."""


class Forwarding(Struct, frozen=True):
    """All of it."""

    routes: tuple[Route, ...] = ()
    asking: Asking = Asking()
    keeping: Keeping = Keeping()
