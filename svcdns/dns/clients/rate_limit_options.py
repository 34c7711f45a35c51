"""The settings of response rate limiting (`rate_limiter`)."""

from typing import Annotated

from msgspec import Meta, Struct

from svcdns.setting_types import NETWORKS


class RateLimitOptions(Struct, frozen=True, kw_only=True):
    """How many replies over UDP a network of clients gets."""

    rate: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Replies a second over UDP that one network of clients gets for one name and type, for NXDOMAIN of one
    zone, or for errors; for servers that strangers can ask. 0: no limit. NSD's default is 200. Clients with
    a valid DNS cookie are not limited, nor is TCP."""

    slip: Annotated[int, Meta(ge=0, le=10)] = 2
    """Of the replies beyond the limit, one in so many is sent, cut, so that a client comes back over TCP. 1:
    all, 0: none."""

    window: Annotated[int, Meta(ge=1, le=3600)] = 15
    """Seconds without queries after which a network that went far beyond the limit is limited no more."""

    ipv4_prefix: Annotated[int, Meta(ge=8, le=32)] = 24
    """Length of the prefix that makes a network of IPv4 clients."""

    ipv6_prefix: Annotated[int, Meta(ge=16, le=128)] = 56
    """Length of the prefix that makes a network of IPv6 clients."""

    exempt: Annotated[tuple[str, ...], NETWORKS] = ()
    """Network whose clients are not limited, such as that of the Pods."""
