"""What the Services of a source give to Pods: through the kubelet, by name, or through the webhook."""

import difflib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from svcdns.cli.envcheck import Given
from svcdns.cli.inventory import Inventory
from svcdns.errors import ObjectError, SvcdnsError
from svcdns.kube import admission, decode, environ
from svcdns.kube.admission import Options
from svcdns.kube.environ import Environment, Variable
from svcdns.kube.injection_cluster import Cluster
from svcdns.kube.objects import Change, Key, Service, key_of
from svcdns.kube.workloads import Pod


class Known(NamedTuple):
    """What the cluster has; `cluster` is the same as the webhook sees it."""

    services: Mapping[Key, Service]
    namespaces: frozenset[str]
    cluster: Cluster
    warnings: tuple[str, ...]


def known(found: Inventory) -> Known:
    """Services that cannot be read are left out, with a warning."""
    services: dict[Key, Service] = {}
    warnings: list[str] = []
    for key, document in found.services.items():
        try:
            services[key] = decode.convert(document, Service)
        except ObjectError as error:
            warnings.append(f"{decode.subject_of(document)} passed over: {error}")
    cluster = Cluster()
    for key, service in services.items():
        cluster.apply(Change("Service", key, service))
    for namespace in found.namespaces:
        cluster.apply(Change("Namespace", key_of(namespace), namespace))
    names = (one.metadata.name for one in found.namespaces)
    populated = (where for where, _ in (*services, *found.slices))
    return Known(services, frozenset((*names, *populated)), cluster, tuple(warnings))


def every(known: Known, namespace: str, links: bool = True) -> Environment:
    """As the kubelet gives them."""
    given = environ.environment(known.services.values(), namespace, links)
    if links and not any(one.service[0] == namespace for one in given.variables):
        missing = f"no Service with a cluster IP is known in namespace {namespace}"
        return Environment(given.variables, (*given.warnings, missing))
    return given


def named(known: Known, names: Sequence[str], namespace: str, *more: Key) -> Environment:
    """Those of named Services, `db` or `db.other-namespace`; raises SvcdnsError for an unknown one."""
    wanted: list[Key] = []
    for text in names:
        name, _, elsewhere = text.partition(".")
        wanted.append((elsewhere or namespace, name))
        if wanted[-1] not in known.services:
            raise SvcdnsError(_not_found(wanted[-1], known.services))
    given = environ.for_services(known.services, (*wanted, *more))
    without = (
        f"Service {'/'.join(key)} has no cluster IP, so there are no variables of it"
        for key in wanted
        if not known.services[key].addresses
    )
    return Environment(given.variables, (*given.warnings, *without))


def to_pod(known: Known, namespace: str, pod: Pod, names: Sequence[str], options: Options) -> Given:
    """What the containers of a Pod are given; of named Services, and `kubernetes`, where there are names."""
    if names:
        return _alike(pod, named(known, names, namespace, environ.MASTER))
    opts_in = admission.opts_in(pod, known.cluster.namespace(namespace))
    if opts_in or admission.names_services(pod) is not None:
        return _injected(known, namespace, pod, options, opts_in)
    return _alike(pod, every(known, namespace, pod.spec.links))


def _alike(pod: Pod, given: Environment) -> Given:
    return Given([given.variables for _ in pod.spec.all_containers], given.warnings)


def _injected(known: Known, namespace: str, pod: Pod, options: Options, opts_in: bool) -> Given:
    """What the webhook injects, and what the kubelet adds to it."""
    found = admission.inject(pod, namespace, known.cluster, options)
    links = admission.links_after(pod, found)
    added = environ.environment(known.services.values(), namespace, links)
    chosen = [one.chosen for one in found.given] + [()] * len(pod.spec.ephemeral_containers or ())
    warnings = [*found.warnings, *(added.warnings if links else ())]
    if not opts_in:
        warnings.append(f'without the label {admission.INJECT}: "true" the webhook leaves this Pod as it is')
    return Given([_first_wins(one, added.variables) for one in chosen], warnings)


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
