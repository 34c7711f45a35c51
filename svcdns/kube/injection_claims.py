"""What a container says by itself, beside which the variables of Services have to stand.

What its `env` sets is its own; what its `envFrom` might set is left to the kubelet, which knows the
ConfigMaps; what its `env`, `command` and `args` refer to, it needs.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from svcdns.kube import environ, expansion, service_variables
from svcdns.kube.env_from import Prefixes
from svcdns.kube.injection_offer import Offer
from svcdns.kube.pod_template import Container
from svcdns.kube.service_variables import Variable


class Unmet(NamedTuple):
    """A reference that nothing gives, unless the kubelet does."""

    name: str
    reason: str
    by_kubelet: bool


class Claims:
    """Of one container, on the variables that it is offered.

    `own` is what `env` sets, None for a value from somewhere else, an empty one, and one set again.
    `admitted` are the variables that `envFrom` may give.
    """

    def __init__(self, container: Container, offer: Offer) -> None:
        self.container = container
        self.offer = offer
        self.own: dict[str, str | None] = {}
        for written in container.env or ():
            self.own[written.name] = None if written.name in self.own else written.value or None
        self.references = dict.fromkeys(
            name for text in container.texts for name in expansion.references(text)
        )
        self.prefixes = Prefixes(container.env_from or ())
        self.admitted = offer.admitted(self.prefixes)

    @property
    def work(self) -> int:
        """Variables that have to be looked at one by one for `envFrom`."""
        return len(self.offer.foreign if self.prefixes.admit_all else self.admitted)

    def settled(self) -> Iterator[Variable]:
        """What `env` sets of the offer, whatever it says."""
        return (one for one in map(self.offer.get, self.own) if one)

    def doubtful(self) -> Iterator[Variable]:
        """What `envFrom` may give and `env` does not set."""
        return (one for one in self.admitted if one.name not in self.own)

    def count_doubtful(self) -> int:
        """How many these are, without a look at each: there may be ten thousands."""
        return len(self.admitted) - sum(1 for one in self.settled() if self.prefixes.admit(one.name))

    def foreign(self) -> dict[str, Variable]:
        """Those that the kubelet does not give either, since it knows no other namespace."""
        admit = self.prefixes.admit
        return {one.name: one for one in self.offer.foreign if one.name not in self.own and admit(one.name)}

    def early(self) -> dict[str, None]:
        """The names that `env` refers to before it sets them: there they are the kubelet's variables."""
        found: dict[str, None] = {}
        set_before: set[str] = set()
        for written in self.container.env or ():
            for name in expansion.references(written.value or ""):
                if name in self.own and name in self.offer.position and name not in set_before:
                    found[name] = None
            set_before.add(written.name)
        return found

    def unmet(self, chosen: Sequence[Variable]) -> Iterator[Unmet]:
        """The references that neither the container itself nor what is chosen for it gives."""
        given = {one.name for one in chosen}
        for name in self.references:
            if name in self.own or name in given or self.prefixes.admit(name):
                continue
            offered, other = self.offer.get(name), self.offer.by_kubelet(name)
            if offered:
                yield Unmet(name, "it is beyond the budget", offered == other)
            elif other is None and service_variables.is_variable(name):
                yield Unmet(name, "no Service is known that makes it", by_kubelet=True)
            elif other and other.service != environ.MASTER:  # that one the kubelet gives in any case
                yield Unmet(name, f"the Service {'/'.join(other.service)} is not named", by_kubelet=False)
