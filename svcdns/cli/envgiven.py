"""What the Services of a source give to Pods: through the kubelet, by name, or through the webhook."""

import contextlib
import difflib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from svcdns.cli.envcheck import Given
from svcdns.cli.inventory import Asked, Partial
from svcdns.errors import ObjectError, SvcdnsError
from svcdns.kube import admission, admission_wish, decode, environ, service_names
from svcdns.kube.admission_wish import Wish
from svcdns.kube.environ import Environment
from svcdns.kube.injection_cluster import Cluster
from svcdns.kube.injection_options import InjectionOptions
from svcdns.kube.objects import Change, Key, Service, key_of
from svcdns.kube.service_variables import Variable
from svcdns.kube.workloads import Pod


class Known(NamedTuple):
    """What the cluster has; `cluster` is the same as the webhook sees it; `namespaces` may be unknown."""

    services: Mapping[Key, Service]
    namespaces: frozenset[str] | None
    cluster: Cluster
    warnings: tuple[str, ...]


def asked(namespace: str, names: Sequence[str]) -> Asked:
    """What has to be listed for the Pods of a namespace, or for these Services alone."""
    if names:
        return Asked(frozenset(service_names.read(name, namespace)[0] for name in names))
    return Asked(frozenset((namespace,)), frozenset((environ.MASTER[0],)))


def asked_for(pods: Iterable[tuple[str, Pod]], names: Sequence[str]) -> Asked:
    """The same for these Pods and their namespaces."""
    namespaces: set[str] = set()
    optional = {environ.MASTER[0]}
    for namespace, pod in pods:
        namespaces |= asked(namespace, names).namespaces
        for name in service_names.split(admission_wish.read(pod.metadata, None).services or ""):
            with contextlib.suppress(ObjectError):
                optional.add(service_names.read(name, namespace)[0])
    return Asked(frozenset(namespaces), frozenset(optional))


def known(found: Partial) -> Known:
    """Services that cannot be read are left out, with a warning."""
    inventory = found.inventory
    services: dict[Key, Service] = {}
    warnings = [
        f"{f'the Services of namespace {where}' if where else 'Namespaces'} are not known: {refusal}"
        for where, refusal in found.refused.items()
    ]
    for key, document in inventory.services.items():
        try:
            services[key] = decode.convert(document, Service)
        except ObjectError as error:
            warnings.append(f"{decode.subject_of(document)} passed over: {error}")
    cluster = Cluster()
    for key, service in services.items():
        cluster.apply(Change("Service", key, service))
    for namespace in inventory.namespaces:
        cluster.apply(Change("Namespace", key_of(namespace), namespace))
    names = (one.metadata.name for one in inventory.namespaces)
    populated = (where for where, _ in (*services, *inventory.slices))
    namespaces = None if None in found.refused else frozenset((*names, *populated))
    return Known(services, namespaces, cluster, tuple(warnings))


def every(known: Known, namespace: str, links: bool = True) -> Environment:
    """As the kubelet gives them."""
    given = environ.environment(known.services.values(), namespace, links)
    if links and not any(one.service[0] == namespace for one in given.variables):
        missing = f"no Service with a cluster IP is known in namespace {namespace}"
        return Environment(given.blocks, (*given.warnings, missing))
    return given


def named(known: Known, names: Sequence[str], namespace: str, *more: Key) -> Environment:
    """Those of named Services, `db` or `db.other-namespace`; raises SvcdnsError for an unknown one."""
    wanted: list[Key] = []
    for text in names:
        wanted.append(service_names.read(text, namespace))
        if wanted[-1] not in known.services:
            raise SvcdnsError(_not_found(wanted[-1], known.services))
    given = environ.for_services(known.services, (*wanted, *more))
    without = (
        f"Service {'/'.join(key)} has no cluster IP, so there are no variables of it"
        for key in wanted
        if not known.services[key].addresses
    )
    return Environment(given.blocks, (*given.warnings, *without))


def to_pod(known: Known, namespace: str, pod: Pod, names: Sequence[str], options: InjectionOptions) -> Given:
    """What the containers of a Pod are given; of named Services, and `kubernetes`, where there are names."""
    if names:
        return _alike(pod, named(known, names, namespace, environ.MASTER))
    wish = admission_wish.read(pod.metadata, known.cluster.namespace(namespace))
    warnings = wish.warnings
    if wish.inject or wish.services is not None:
        try:
            return _injected(known, namespace, pod, wish, options)
        except ObjectError as error:
            warnings = (*warnings, f"the webhook leaves the Pod as it is: {error}")
    found = _alike(pod, every(known, namespace, pod.spec.links))
    return found._replace(warnings=(*warnings, *found.warnings))


def _alike(pod: Pod, given: Environment) -> Given:
    return Given([given.variables for _ in pod.spec.all_containers], given.warnings)


def _injected(known: Known, namespace: str, pod: Pod, wish: Wish, options: InjectionOptions) -> Given:
    """What the webhook injects and sets, and what the kubelet adds to it."""
    found = admission.inject(pod, wish, namespace, known.cluster, options)
    links = admission.links_after(pod.spec, wish, found)
    added = environ.environment(known.services.values(), namespace, links)
    chosen = [one.chosen for one in found.given] + [()] * len(pod.spec.ephemeral_containers or ())
    dns = ", ".join(map(str, admission.dns_after(pod.spec, options)))
    sets = f"enableServiceLinks: {str(links).lower()}" + (f", options of resolv.conf: {dns}" if dns else "")
    return Given(
        [_first_wins(one, added.variables) for one in chosen],
        tuple(dict.fromkeys((*wish.warnings, *found.warnings, *(added.warnings if links else ())))),
        sets if wish.inject else None,
        frozenset().union(*(one.unmet for one in found.given)),
    )


def _first_wins(*parts: Iterable[Variable]) -> list[Variable]:
    found: dict[str, Variable] = {}
    for one in itertools.chain(*parts):
        found.setdefault(one.name, one)
    return list(found.values())


def _not_found(key: Key, services: Iterable[Key]) -> str:
    namespace, name = key
    message = f'services "{name}" not found in namespace "{namespace}"'
    if elsewhere := [where for where, other in sorted(services) if other == name]:
        return f"{message}; of another namespace it is --service {name}.{elsewhere[0]}"
    return message + advice(name, (other for where, other in services if where == namespace))


def advice(name: str, known: Iterable[str]) -> str:
    """The name that was meant, or where to look."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else "; `svcdns services -A` lists what there is"
