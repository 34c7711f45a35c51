"""Response rate limiting: which replies over UDP are sent, so that forged queries do not flood their victim.

    client's network + account --> bucket: `rate` a second --> send | slip | drop

A bucket holds one second's rate, and is emptied by a reply each. Whoever goes on beyond it gets into debt,
of at most `window` seconds, and has the whole rate again when that is paid. The time is a parameter. A
reply's account is what `reply_accounts` says: an attacker's many names are then one.
"""

import ipaddress
from collections import OrderedDict
from typing import Literal, TypeAlias

from msgspec import Struct

from svcdns.dns.clients.rate_limit_options import RateLimitOptions

Verdict: TypeAlias = Literal["send", "slip", "drop"]
"""Send the reply; or one that makes the client prove its address; or none."""

MAX_BUCKETS = 32_768
"""Networks with one account each: 13 to 20 MB. Whoever asked longest ago makes room."""
MAX_LIMITED_NETWORKS = 20
"""Networks that are known to be limited now; more are limited without a line in the log."""
LIMITED_INTERVAL = 10.0
"""Seconds after its last limited reply that a network counts as limited."""

_Network: TypeAlias = tuple[int, int]
"""The bytes of an address, and the number that its prefix is."""


class _Bucket(Struct, gc=False):
    balance: float
    updated: float
    limited_count: int = 0


class RateLimiter:
    """The buckets of one worker."""

    def __init__(self, options: RateLimitOptions, workers: int = 1) -> None:
        """Each of so many workers gives an equal part of the rate, at least one reply a second."""
        self._rate = max(1.0, options.rate / workers)
        self._lowest = -self._rate * options.window
        self._slip = options.slip
        self._shifts = {4: 32 - options.ipv4_prefix, 16: 128 - options.ipv6_prefix}
        self._exempt = [_mask(text) for text in options.exempt]
        self._buckets: OrderedDict[tuple[_Network, bytes], _Bucket] = OrderedDict()
        self._limited_at: dict[_Network, float] = {}

    def is_exempt(self, client: bytes) -> bool:
        """Whether a client (4 or 16 bytes) is of a network that is not limited."""
        number = int.from_bytes(client, "big")
        return any(
            len(client) == size and number >> shift == network for size, shift, network in self._exempt
        )

    def judge(self, client: bytes, account: bytes, now: float) -> Verdict:
        """What becomes of one reply; `now` is in seconds, of a clock that only goes forward."""
        network = len(client), int.from_bytes(client, "big") >> self._shifts[len(client)]
        bucket = self._take_bucket((network, account), now)
        bucket.balance = max(bucket.balance - 1, self._lowest)
        if bucket.balance >= 0:
            return "send"

        self._mark_limited(network, now)
        bucket.limited_count += 1
        return "slip" if self._slip and not bucket.limited_count % self._slip else "drop"

    def _take_bucket(self, key: tuple[_Network, bytes], now: float) -> _Bucket:
        """The bucket, filled up to now."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._rate, now)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
            return bucket

        self._buckets.move_to_end(key)
        bucket.balance = min(self._rate, bucket.balance + (now - bucket.updated) * self._rate)
        bucket.updated = now
        return bucket

    def _mark_limited(self, network: _Network, now: float) -> None:
        if network in self._limited_at or len(self._limited_at) < MAX_LIMITED_NETWORKS:
            self._limited_at[network] = now

    def limited_networks(self, now: float) -> list[str]:
        """The networks that are limited now, as CIDRs."""
        self._limited_at = {
            network: at for network, at in self._limited_at.items() if now - at < LIMITED_INTERVAL
        }
        return sorted(self._network_text(network) for network in self._limited_at)

    def _network_text(self, network: _Network) -> str:
        size, number = network
        shift = self._shifts[size]
        address = ipaddress.ip_address((number << shift).to_bytes(size, "big"))
        return f"{address}/{8 * size - shift}"


def _mask(text: str) -> tuple[int, int, int]:
    """A CIDR as the bytes of its addresses, the bits that do not matter, and the number of the others."""
    network = ipaddress.ip_network(text)
    shift = network.max_prefixlen - network.prefixlen
    return network.max_prefixlen // 8, shift, int(network.network_address) >> shift
