"""The names that a container sets or refers to, next to the variables of Services available to it.

Names that its `env` sets are its own. Names that its `envFrom` might set are left to the kubelet, which
knows the ConfigMaps. Names that its `env`, `command` and `args` refer to, it needs.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from svcdns.kube.injection import container_env, service_env, service_env_vars
from svcdns.kube.injection.available_vars import AvailableVars, EnvFromPrefixes
from svcdns.kube.injection.pod_spec import Container
from svcdns.kube.injection.service_env_vars import ServiceVariable


class UnresolvedReference(NamedTuple):
    """A reference that nothing replaces, unless the kubelet does."""

    name: str
    reason: str
    is_left_to_kubelet: bool


class ContainerEnvNames:
    """The names of one container.

    `env_values` has what `env` sets. The value is None where it comes from elsewhere, is empty, or is set
    twice. `env_from_variables` are the available variables that `envFrom` may set.
    """

    def __init__(self, container: Container, available: AvailableVars) -> None:
        self.container = container
        self.available = available

        self.env_values: dict[str, str | None] = {}
        for env_var in container.env or ():
            # Of a name that is set twice, references before the second see the first value.
            is_set_again = env_var.name in self.env_values
            self.env_values[env_var.name] = None if is_set_again else env_var.value or None

        self.references = dict.fromkeys(
            name for text in container.expandable_texts for name in container_env.find_references(text)
        )
        self.env_from_prefixes = EnvFromPrefixes(container.env_from or ())
        self.env_from_variables = available.select_for_env_from(self.env_from_prefixes)

    @property
    def env_from_count(self) -> int:
        """Variables that have to be compared one by one because of `envFrom`."""
        # Without a prefix all are left to the kubelet at once; only the foreign ones are compared.
        return len(
            self.available.foreign_variables
            if self.env_from_prefixes.is_unrestricted
            else self.env_from_variables
        )

    def set_by_env(self) -> Iterator[ServiceVariable]:
        """The available variables whose names `env` sets, to whatever value."""
        return (variable for variable in map(self.available.get, self.env_values) if variable)

    def left_to_env_from(self) -> Iterator[ServiceVariable]:
        """The available variables that `envFrom` may set and `env` does not."""
        return (variable for variable in self.env_from_variables if variable.name not in self.env_values)

    def count_left_to_env_from(self) -> int:
        """How many `left_to_env_from` are, without a look at each: there may be tens of thousands."""
        set_by_both = sum(
            1 for variable in self.set_by_env() if self.env_from_prefixes.may_provide(variable.name)
        )
        return len(self.env_from_variables) - set_by_both

    def foreign_left_to_env_from(self) -> dict[str, ServiceVariable]:
        """Those of `left_to_env_from` that the kubelet does not give either, by name.

        The kubelet gives no variables of Services in other namespaces.
        """
        may_provide = self.env_from_prefixes.may_provide
        return {
            variable.name: variable
            for variable in self.available.foreign_variables
            if variable.name not in self.env_values and may_provide(variable.name)
        }

    def find_early_references(self) -> dict[str, None]:
        """The names that `env` refers to before it sets them: there they mean the kubelet's variables."""
        early_references: dict[str, None] = {}
        set_before: set[str] = set()

        for env_var in self.container.env or ():
            for name in container_env.find_references(env_var.value or ""):
                if name in self.env_values and name in self.available.positions and name not in set_before:
                    early_references[name] = None
            set_before.add(env_var.name)

        return early_references

    def find_unresolved(self, chosen: Sequence[ServiceVariable]) -> Iterator[UnresolvedReference]:
        """The references that neither the container itself nor the chosen variables replace."""
        chosen_names = {variable.name for variable in chosen}

        for name in self.references:
            if name in self.env_values or name in chosen_names or self.env_from_prefixes.may_provide(name):
                continue

            available = self.available.get(name)
            from_kubelet = self.available.get_from_kubelet(name)
            if available:
                yield UnresolvedReference(name, "it is beyond the budget", available == from_kubelet)
            elif from_kubelet is None and service_env_vars.is_service_variable(name):
                # The kubelet may learn of the Service before the container starts.
                yield UnresolvedReference(name, "no known Service makes it", is_left_to_kubelet=True)
            elif from_kubelet and from_kubelet.service != service_env.KUBERNETES_SERVICE:
                # The variables of `default/kubernetes` the kubelet gives in any case.
                service = "/".join(from_kubelet.service)
                yield UnresolvedReference(
                    name, f"the Service {service} is not named", is_left_to_kubelet=False
                )
