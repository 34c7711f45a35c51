"""Numbers given out, each once: the offsets of an address range, or the node ports.

Strategy: nothing is remembered between starts, so a number follows from the asker's name alone
(a hash), and only on a collision from who else asks. A new asker then moves hardly any other.
"""

import hashlib

from svcdns.kube.objects import Key

_MAX_PROBES = 64


class NumberPool:
    """The numbers 0 to `size` - 1; the lowest `band` are for those who choose, while others last.

    Kubernetes keeps such a band too ("Avoid collisions assigning ports/IPs to Services"), so that
    a chosen number rarely hits one given out before.
    """

    def __init__(self, size: int, reserved_band: int) -> None:
        self.size = size
        self.reserved_band = reserved_band if reserved_band < size else 0
        self.owners: dict[int, Key] = {}

    def reserve(self, number: int, owner: Key) -> None:
        """Give a chosen number, which is free."""
        self.owners[number] = owner

    def allocate(self, owner: Key, purpose: str) -> int | None:
        """Give the number that follows from the owner and purpose; None where all are given."""
        if len(self.owners) >= self.size:
            return None
        number = self._probe(f"{owner[0]}/{owner[1]}/{purpose}")
        self.owners[number] = owner
        return number

    def _probe(self, seed: str) -> int:
        upper = self.size - self.reserved_band
        for attempt in range(_MAX_PROBES):
            digest = hashlib.blake2b(f"{seed}/{attempt}".encode(), digest_size=8).digest()
            number = self.reserved_band + int.from_bytes(digest) % upper
            if number not in self.owners:
                return number
        # Nearly full: the next free one, going up from the last, around the top and then the band.
        return next(
            candidate
            for candidate in ((number + step) % self.size for step in range(self.size))
            if candidate not in self.owners
        )
