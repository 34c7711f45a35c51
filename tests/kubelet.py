"""What a container finds when it starts: the kubelet's rules for a whole Pod, read a second time.

Written apart from `svcdns.kube`, but for `expand_references`, which has a second reading of its own.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from svcdns.kube.injection import container_env
from svcdns.kube.objects import Service
from tests.kube.injection.env_services import candidates, variables_of

Contents = Mapping[str, Mapping[str, str]]
"""The ConfigMaps by name."""


def service_env(services: Iterable[Service], namespace: str, links: bool) -> dict[str, str]:
    """The kubelet's own variables, of each name those that win with us."""
    own = {
        one.metadata.name: one
        for one in services
        if links and one.metadata.namespace == namespace and variables_of(one)
    }
    master = [
        one
        for one in services
        if (one.metadata.namespace, one.metadata.name) == ("default", "kubernetes") and variables_of(one)
    ]
    told = [*own.values(), *(one for one in master if "kubernetes" not in own)]
    return {name: best[0][2] for name, best in candidates(told).items()}


def start(container: Mapping[str, Any], services: Mapping[str, str], maps: Contents) -> tuple[Any, ...]:
    """The environment, the command and the arguments."""
    env: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        content = maps.get(source["configMapRef"]["name"], {})
        env |= {(source.get("prefix") or "") + key: value for key, value in content.items()}
    for one in container.get("env") or ():
        if one.get("value"):
            env[one["name"]] = container_env.expand_references(one["value"], ({**services, **env}).get)
        else:
            env[one["name"]] = "from elsewhere" if one.get("valueFrom") else ""
    everything = {**services, **env}
    return everything, *(
        [container_env.expand_references(text, everything.get) for text in container.get(field) or ()]
        for field in ("command", "args")
    )


def run(pod: Mapping[str, Any], services: Iterable[Service], namespace: str, maps: Contents) -> list[Any]:
    """What each container and init container of a Pod finds."""
    spec = pod["spec"]
    variables = service_env(list(services), namespace, spec.get("enableServiceLinks") is not False)
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return [start(one, variables, maps) for one in containers]
