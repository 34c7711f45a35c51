"""What is said of a container that does not find what it may expect."""

from collections.abc import Iterable, Iterator

from svcdns.kube.injection_budget import Filled, Left
from svcdns.kube.injection_claims import Claims, Unmet
from svcdns.kube.service_variables import Variable
from svcdns.kube.words import some

KEPT = "; enableServiceLinks stays as it is"


def of_doubts(claims: Claims) -> Iterator[str]:
    """Of variables that `envFrom` may give: most are left to the kubelet, which may not know them."""
    foreign, count = claims.foreign(), claims.count_doubtful()
    if not count:
        return
    sources = some(dict.fromkeys(map(str, claims.container.env_from or ())))
    reason = f"not injected, because envFrom ({sources}) may give them"
    if left := count - len(foreign):
        names = (one.name for one in claims.doubtful() if one.name not in foreign)
        yield f"{some(names, left)} {reason}{KEPT}"
    if foreign:
        others = _services(filter(None, map(claims.offer.by_kubelet, foreign)))
        given = f"at most those of {others}" if others else "none of another namespace"
        yield (
            f"{some(foreign)} of {_services(foreign.values())} {reason}, and the kubelet gives {given}: "
            "give that envFrom a prefix"
        )


def of_references(early: Iterable[str], unmet: Iterable[Unmet]) -> Iterator[str]:
    """Of references that only the kubelet can replace, or nobody."""
    if names := some(early):
        yield f"{names} set after a reference to it{KEPT}"
    by_reason: dict[str, list[str]] = {}
    for one in unmet:
        reason = one.reason + (KEPT if one.by_kubelet else "")
        by_reason.setdefault(reason, []).append(f"$({one.name})")
    yield from (f"nothing gives {some(names)}: {reason}" for reason, names in by_reason.items())


def of_budget(filled: Filled, budget: int) -> Iterator[str]:
    """Of Services that are left out."""
    kinds = (("hosts and ports", filled.hosts), ("only Docker links", filled.links))
    left = [f"{what} of {_counted(services)}" for what, services in kinds if services.count]
    if left:
        yield f"over {budget} bytes: {' and '.join(left)} are left out; name those it needs"


def _counted(left: Left) -> str:
    services = ", ".join("/".join(key) for key in left.first)
    more = ", ..." if left.count > len(left.first) else ""
    return f"{left.count} Service{'s' * (left.count > 1)} ({services}{more})"


def _services(variables: Iterable[Variable]) -> str:
    return some(dict.fromkeys("/".join(one.service) for one in variables))
