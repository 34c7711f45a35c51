"""What is said of a container that does not find what it may expect."""

from collections.abc import Iterable, Iterator

from svcdns.kube.injection.abbreviated_lists import abbreviate
from svcdns.kube.injection.container_env_names import ContainerEnvNames, UnresolvedReference
from svcdns.kube.injection.env_budget import BudgetedVariables, OmittedServices
from svcdns.kube.injection.service_env_vars import ServiceVariable

LINKS_UNCHANGED = "; enableServiceLinks stays as it is"


def warn_of_env_from(env_names: ContainerEnvNames) -> Iterator[str]:
    """Of variables that `envFrom` may give: most are left to the kubelet, which may not know them."""
    foreign, count = env_names.find_foreign_in_env_from(), env_names.count_left_to_env_from()
    if not count:
        return
    sources = abbreviate(dict.fromkeys(map(str, env_names.container.env_from or ())))
    reason = f"not injected, because envFrom ({sources}) may give them"
    if left := count - len(foreign):
        names = (one.name for one in env_names.iterate_left_to_env_from() if one.name not in foreign)
        yield f"{abbreviate(names, left)} {reason}{LINKS_UNCHANGED}"
    if foreign:
        others = _name_services(filter(None, map(env_names.available.get_from_kubelet, foreign)))
        given = f"at most those of {others}" if others else "none of another namespace"
        yield (
            f"{abbreviate(foreign)} of {_name_services(foreign.values())} {reason}, "
            f"and the kubelet gives {given}: "
            "give that envFrom a prefix"
        )


def warn_of_references(
    early_references: Iterable[str], unresolved: Iterable[UnresolvedReference]
) -> Iterator[str]:
    """Of references that only the kubelet can replace, or nobody."""
    if names := abbreviate(early_references):
        yield f"{names} set after a reference to it{LINKS_UNCHANGED}"
    by_reason: dict[str, list[str]] = {}
    for one in unresolved:
        reason = one.reason + (LINKS_UNCHANGED if one.is_left_to_kubelet else "")
        by_reason.setdefault(reason, []).append(f"$({one.name})")
    yield from (f"nothing gives {abbreviate(names)}: {reason}" for reason, names in by_reason.items())


def warn_of_budget(budgeted: BudgetedVariables, max_bytes: int) -> Iterator[str]:
    """Of Services that are left out."""
    kinds = (
        ("hosts and ports", budgeted.omitted_services),
        ("only Docker links", budgeted.omitted_docker_links),
    )
    left = [f"{what} of {_count_services(services)}" for what, services in kinds if services.count]
    if left:
        yield f"over {max_bytes} bytes: {' and '.join(left)} are left out; name those it needs"


def _count_services(omitted: OmittedServices) -> str:
    services = ", ".join("/".join(key) for key in omitted.first_services)
    more = ", ..." if omitted.count > len(omitted.first_services) else ""
    return f"{omitted.count} Service{'s' * (omitted.count > 1)} ({services}{more})"


def _name_services(variables: Iterable[ServiceVariable]) -> str:
    return abbreviate(dict.fromkeys("/".join(one.service) for one in variables))
