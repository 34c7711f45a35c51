"""The warnings about a container that does not find what it may expect."""

from collections.abc import Iterable, Iterator

from svcdns.kube.injection.container_env_names import ContainerEnvNames, UnresolvedReference
from svcdns.kube.injection.env_budget import BudgetedVariables, OmittedServices
from svcdns.kube.injection.service_env import abbreviate
from svcdns.kube.injection.service_env_vars import ServiceVariable

LINKS_UNCHANGED = "; enableServiceLinks stays as it is"
"""The end of a warning about something that is left to the kubelet."""


def warn_of_env_from(env_names: ContainerEnvNames) -> Iterator[str]:
    """Warnings about variables that `envFrom` may give, of which the kubelet does not know all."""
    foreign = env_names.foreign_left_to_env_from()
    count = env_names.count_left_to_env_from()
    if not count:
        return

    sources = abbreviate(dict.fromkeys(map(str, env_names.container.env_from or ())))
    reason = f"not injected, because envFrom ({sources}) may give them"

    # `abbreviate` takes the first names from the generator; there may be tens of thousands.
    if count_left_to_kubelet := count - len(foreign):
        names = (variable.name for variable in env_names.left_to_env_from() if variable.name not in foreign)
        yield f"{abbreviate(names, count_left_to_kubelet)} {reason}{LINKS_UNCHANGED}"

    if foreign:
        namesakes = _name_services(filter(None, map(env_names.available.get_from_kubelet, foreign)))
        from_kubelet = f"at most those of {namesakes}" if namesakes else "none of another namespace"
        yield (
            f"{abbreviate(foreign)} of {_name_services(foreign.values())} {reason}, "
            f"and the kubelet gives {from_kubelet}: "
            "give that envFrom a prefix"
        )


def warn_of_references(
    early_references: Iterable[str], unresolved: Iterable[UnresolvedReference]
) -> Iterator[str]:
    """Warnings about references that only the kubelet can replace, or nothing."""
    if names := abbreviate(early_references):
        yield f"{names} set after a reference to it{LINKS_UNCHANGED}"

    references_by_reason: dict[str, list[str]] = {}
    for reference in unresolved:
        reason = reference.reason + (LINKS_UNCHANGED if reference.is_left_to_kubelet else "")
        references_by_reason.setdefault(reason, []).append(f"$({reference.name})")

    for reason, references in references_by_reason.items():
        yield f"nothing gives {abbreviate(references)}: {reason}"


def warn_of_budget(budgeted: BudgetedVariables, max_bytes: int) -> Iterator[str]:
    """The warning about Services that are left out."""
    kinds = (
        ("hosts and ports", budgeted.omitted_services),
        ("only Docker links", budgeted.omitted_docker_links),
    )
    omissions = [f"{what} of {_count_services(services)}" for what, services in kinds if services.count]
    if omissions:
        yield (
            f"over {max_bytes} bytes: {' and '.join(omissions)} are left out; name the Services that it needs"
        )


def _count_services(omitted: OmittedServices) -> str:
    services = ", ".join("/".join(key) for key in omitted.first_services)
    ellipsis = ", ..." if omitted.count > len(omitted.first_services) else ""
    return f"{omitted.count} Service{'s' * (omitted.count > 1)} ({services}{ellipsis})"


def _name_services(variables: Iterable[ServiceVariable]) -> str:
    return abbreviate(dict.fromkeys("/".join(variable.service) for variable in variables))
