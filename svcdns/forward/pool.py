"""The upstreams of one route: those that were given, and those of its files, which may change."""

import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

from svcdns.dns import names
from svcdns.forward import order
from svcdns.forward.exchange import Exchange
from svcdns.forward.member import Member
from svcdns.forward.notes import Note
from svcdns.forward.options import Route
from svcdns.forward.resolvconf import ResolvConf

MAX_UPSTREAMS = 32
"""Of one route."""

T = TypeVar("T")

_random = secrets.SystemRandom()


class Pool:
    """`members` are in the order of the configuration, those of files last."""

    def __init__(self, route: Route, exchange: Exchange, tell: Callable[[Note], None]) -> None:
        self.suffix = route.suffix
        self.options = route.options
        self.exchange = exchange
        self.members: tuple[Member, ...] = ()
        self.is_nobody = not route.upstreams and not route.resolv_conf
        """The names are to be asked of nobody."""
        self.broken = 0
        """Questions for which all of them were down."""
        self.flights = 0
        """Questions under way."""
        self.waiting = 0
        """Queries that wait for these."""
        self._given = route.upstreams
        self._files = {path: ResolvConf(path) for path in route.resolv_conf}
        self._tell = tell
        self._turn = _random.randrange(1 << 16)
        self.look()

    def __str__(self) -> str:
        return "upstreams" if self.suffix == names.ROOT else f"upstreams of {names.to_text(self.suffix)}"

    def look(self) -> bool:
        """Look at the files; whether the members are others now. What is known of those that stay, stays."""
        for path, file in self._files.items():
            for problem in file.look():
                self._tell(Note("resolv-conf", path, problem))
        listed = [upstream for file in self._files.values() for upstream in file.upstreams]
        wanted = list(dict.fromkeys((*self._given, *listed)))
        before = {member.upstream: member for member in self.members}
        if wanted[:MAX_UPSTREAMS] == list(before):
            return False
        if len(wanted) > MAX_UPSTREAMS:
            text = f"only the first {MAX_UPSTREAMS} of {len(wanted)} {self} are asked"
            self._tell(Note("resolv-conf", names.to_text(self.suffix), text))
        self.members = tuple(
            before.get(upstream) or Member(upstream, self.suffix, self._tell)
            for upstream in wanted[:MAX_UPSTREAMS]
        )
        return True

    def candidates(self) -> list[Member]:
        """Whom to ask, best first; nobody where all are left out, or none is known."""
        in_use = [member for member in self.members if not member.left_out]
        up = [member for member in in_use if member.health.up]
        self._turn += 1
        self.broken += bool(in_use) and not up
        return order.candidates(self.options.policy, up, in_use, self._turn, _shuffled)

    def why_nobody(self) -> str:
        """The reason why there are no candidates."""
        if self.members:
            return f"all {self} lead back to this server: {self.listed()}"
        return f"there are no {self}" + "".join(f"; no nameserver in {path}" for path in self._files)

    def listed(self) -> str:
        """The members as text."""
        return ", ".join(str(member.upstream) for member in self.members)


def _shuffled(members: Sequence[T]) -> list[T]:
    return _random.sample(members, len(members))
