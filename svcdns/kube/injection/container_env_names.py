"""What a container says by itself, beside which the variables of Services have to stand.

What its `env` sets is its own; what its `envFrom` might set is left to the kubelet, which knows the
ConfigMaps; what its `env`, `command` and `args` refer to, it needs.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from svcdns.kube.injection import expansion, service_env, service_env_vars
from svcdns.kube.injection.available_vars import AvailableVars
from svcdns.kube.injection.env_from import EnvFromPrefixes
from svcdns.kube.injection.pod_spec import Container
from svcdns.kube.injection.service_env_vars import ServiceVariable


class UnresolvedReference(NamedTuple):
    """A reference that nothing gives, unless the kubelet does."""

    name: str
    reason: str
    is_left_to_kubelet: bool


class ContainerEnvNames:
    """Of one container, on the variables that it is offered.

    `own` is what `env` sets, None for a value from somewhere else, an empty one, and one set again.
    `admitted` are the variables that `envFrom` may give.
    """

    def __init__(self, container: Container, available: AvailableVars) -> None:
        self.container = container
        self.available = available
        self.env_values: dict[str, str | None] = {}
        for written in container.env or ():
            self.env_values[written.name] = None if written.name in self.env_values else written.value or None
        self.references = dict.fromkeys(
            name for text in container.expandable_texts for name in expansion.find_references(text)
        )
        self.env_from_prefixes = EnvFromPrefixes(container.env_from or ())
        self.env_from_variables = available.select_for_env_from(self.env_from_prefixes)

    @property
    def env_from_count(self) -> int:
        """Variables that have to be looked at one by one for `envFrom`."""
        return len(
            self.available.foreign_variables
            if self.env_from_prefixes.is_unrestricted
            else self.env_from_variables
        )

    def iterate_set_by_env(self) -> Iterator[ServiceVariable]:
        """What `env` sets of the offer, whatever it says."""
        return (one for one in map(self.available.get, self.env_values) if one)

    def iterate_left_to_env_from(self) -> Iterator[ServiceVariable]:
        """What `envFrom` may give and `env` does not set."""
        return (one for one in self.env_from_variables if one.name not in self.env_values)

    def count_left_to_env_from(self) -> int:
        """How many these are, without a look at each: there may be ten thousands."""
        return len(self.env_from_variables) - sum(
            1 for one in self.iterate_set_by_env() if self.env_from_prefixes.may_provide(one.name)
        )

    def find_foreign_in_env_from(self) -> dict[str, ServiceVariable]:
        """Those that the kubelet does not give either, since it knows no other namespace."""
        admit = self.env_from_prefixes.may_provide
        return {
            one.name: one
            for one in self.available.foreign_variables
            if one.name not in self.env_values and admit(one.name)
        }

    def find_early_references(self) -> dict[str, None]:
        """The names that `env` refers to before it sets them: there they are the kubelet's variables."""
        found: dict[str, None] = {}
        set_before: set[str] = set()
        for written in self.container.env or ():
            for name in expansion.find_references(written.value or ""):
                if name in self.env_values and name in self.available.positions and name not in set_before:
                    found[name] = None
            set_before.add(written.name)
        return found

    def find_unresolved(self, chosen: Sequence[ServiceVariable]) -> Iterator[UnresolvedReference]:
        """The references that neither the container itself nor what is chosen for it gives."""
        given = {one.name for one in chosen}
        for name in self.references:
            if name in self.env_values or name in given or self.env_from_prefixes.may_provide(name):
                continue
            offered, other = self.available.get(name), self.available.get_from_kubelet(name)
            if offered:
                yield UnresolvedReference(name, "it is beyond the budget", offered == other)
            elif other is None and service_env_vars.is_service_variable(name):
                yield UnresolvedReference(name, "no Service is known that makes it", is_left_to_kubelet=True)
            elif (
                other and other.service != service_env.KUBERNETES_SERVICE
            ):  # that one the kubelet gives in any case
                yield UnresolvedReference(
                    name, f"the Service {'/'.join(other.service)} is not named", is_left_to_kubelet=False
                )
