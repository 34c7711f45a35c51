"""The settings of names outside the cluster: whom to ask, what to keep, and what is served beside it."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from svcdns.config.field_types import (
    Domains,
    Forwards,
    Hosts,
    OptionalPath,
    Paths,
    Rewrites,
)
from svcdns.config.settings_section import ConflictError, Section


class ForwardingSettings(Section):
    """Names outside the cluster"""

    forward: Forwards = ()
    """DNS server to ask: ADDRESS[:PORT], tls://ADDRESS[:PORT][#NAME] with the name in its certificate, or
    the path of a resolv.conf. Behind SUFFIX= it is for the names below that suffix, as
    corp.internal=10.0.0.53; the longest suffix counts. 'SUFFIX=none' asks nobody. Without any, other
    names are refused."""

    forward_policy: Literal["random", "round_robin", "sequential"] = "random"
    """Which of several servers is asked first; those that do not answer come last."""

    forward_timeout: Annotated[int, Field(ge=1, le=30)] = 4
    """Seconds until an answer must be there. Half of it is for one server, then comes the next."""

    forward_in_flight: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Questions of a worker that may be under way at once for the servers of one suffix. What is beyond gets
    an expired answer, or SERVFAIL."""

    forward_mixed_case: bool = False
    """Ask in random case and take only answers that repeat it ("0x20"): harder to forge."""

    forward_max_age: Annotated[int, Field(ge=1, le=3600)] = 60
    """Seconds after which a TCP or TLS connection is replaced by a new one."""

    forward_ca: OptionalPath = None
    """Certificates (PEM) that tls:// servers are trusted by, instead of the system's."""

    cache_size: Annotated[int, Field(ge=1, le=4096)] = 32
    """MiB of answers that each worker keeps, with all that keeping them takes."""

    cache_min_ttl: Annotated[int, Field(ge=0, le=3600)] = 0
    """Seconds that an answer is kept at least, whatever its TTL says."""

    cache_max_ttl: Annotated[int, Field(ge=0, le=86_400)] = 3600
    """Seconds that an answer is kept at most."""

    cache_max_negative_ttl: Annotated[int, Field(ge=0, le=3600)] = 300
    """Seconds at most that it is kept that a name does not exist."""

    prefetch: bool = True
    """Ask again for what is asked often before it expires. On unless it is switched off."""

    serve_stale: Annotated[int, Field(ge=0, le=604_800)] = 86_400
    """Seconds that an expired answer may still be given where no server answers (RFC 8767). 0: never."""

    zonefiles: Paths = ()
    """Zone file, or folder of *.zone files, to serve as authoritative. Read again when it changes."""

    hosts: Hosts = ()
    """File such as /etc/hosts, or a line of one as '192.0.2.1 web.corp.internal web'. Its names go before
    all zones. A file is read again when it changes."""

    hosts_ttl: Annotated[int, Field(ge=0, le=86_400)] = 30
    """Seconds that a client may keep an answer from hosts."""

    rewrite: Rewrites = ()
    """Look up another name than was asked for: 'exact FROM TO', 'suffix FROM TO', or 'regex PATTERN TO'
    with {1} for the pattern's first group. The first rule that matches counts; the answer has the name
    that was asked for. A pattern is for the whole name. In the variable, rules stand between semicolons."""

    filter_aaaa: Domains = ()
    """Suffix below which no name has an AAAA record, for clients that wait for IPv6 in vain. A dot is
    every name."""

    @property
    def hosts_files(self) -> tuple[Path, ...]:
        """Those of `hosts` that are files."""
        return tuple(one for one in self.hosts if isinstance(one, Path))

    @property
    def hosts_lines(self) -> tuple[str, ...]:
        """Those of `hosts` that are lines."""
        return tuple(str(one) for one in self.hosts if not isinstance(one, Path))

    @model_validator(mode="after")
    def _ttls_agree(self) -> Self:
        for name in ("cache_max_ttl", "cache_max_negative_ttl"):
            if self.cache_min_ttl > getattr(self, name):
                message = f"the least TTL, {self.cache_min_ttl}, is greater than the greatest one"
                raise ConflictError(message, "cache_min_ttl", name)
        return self
