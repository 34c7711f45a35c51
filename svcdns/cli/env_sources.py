"""What the Services of a source give to Pods: through the kubelet, by name, or through the webhook."""

import contextlib
import difflib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from svcdns.cli.env_check import PodVariables
from svcdns.cli.inventory import PartialInventory, ServicesRequest
from svcdns.errors import ObjectError, SvcdnsError
from svcdns.kube.injection import (
    admission,
    opt_in,
    service_env,
)
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.injection_store import InjectionStore
from svcdns.kube.injection.opt_in import InjectionOptIn
from svcdns.kube.injection.service_env import ServiceEnv
from svcdns.kube.injection.service_env_vars import ServiceVariable
from svcdns.kube.injection.workloads import PodTemplateSpec
from svcdns.kube.manifests import manifest_decoder
from svcdns.kube.objects import Change, Key, Service, key_of


class EnvSources(NamedTuple):
    """What the cluster has; `cluster` is the same as the webhook sees it; `namespaces` may be unknown."""

    services: Mapping[Key, Service]
    namespaces: frozenset[str] | None
    cluster: InjectionStore
    warnings: tuple[str, ...]


def request_for_namespace(namespace: str, service_texts: Sequence[str]) -> ServicesRequest:
    """What has to be listed for the Pods of a namespace, or for these Services alone."""
    if service_texts:
        return ServicesRequest(
            frozenset(opt_in.parse_reference(name, namespace)[0] for name in service_texts)
        )
    return ServicesRequest(frozenset((namespace,)), frozenset((service_env.KUBERNETES_SERVICE[0],)))


def request_for_pods(
    pods: Iterable[tuple[str, PodTemplateSpec]], service_texts: Sequence[str]
) -> ServicesRequest:
    """The same for these Pods and their namespaces."""
    namespaces: set[str] = set()
    optional = {service_env.KUBERNETES_SERVICE[0]}
    for namespace, pod in pods:
        namespaces |= request_for_namespace(namespace, service_texts).required_namespaces
        for name in opt_in.split_references(opt_in.read_opt_in(pod.metadata, None).services_text or ""):
            with contextlib.suppress(ObjectError):
                optional.add(opt_in.parse_reference(name, namespace)[0])
    return ServicesRequest(frozenset(namespaces), frozenset(optional))


def read_sources(partial: PartialInventory) -> EnvSources:
    """Services that cannot be read are left out, with a warning."""
    inventory = partial.inventory
    services: dict[Key, Service] = {}
    warnings = [
        f"{f'the Services of namespace {where}' if where else 'Namespaces'} are not known: {refusal}"
        for where, refusal in partial.refusals.items()
    ]
    for key, document in inventory.services.items():
        try:
            services[key] = manifest_decoder.convert_document(document, Service)
        except ObjectError as error:
            warnings.append(f"{manifest_decoder.identity_of(document)} passed over: {error}")
    cluster = InjectionStore()
    for key, service in services.items():
        cluster.apply(Change("Service", key, service))
    for namespace in inventory.namespaces:
        cluster.apply(Change("Namespace", key_of(namespace), namespace))
    names = (one.metadata.name for one in inventory.namespaces)
    populated = (where for where, _ in (*services, *inventory.slices))
    namespaces = None if None in partial.refusals else frozenset((*names, *populated))
    return EnvSources(services, namespaces, cluster, tuple(warnings))


def variables_of_namespace(sources: EnvSources, namespace: str, service_links: bool = True) -> ServiceEnv:
    """As the kubelet gives them."""
    given = service_env.build_service_env(sources.services.values(), namespace, service_links)
    if service_links and not any(one.service[0] == namespace for one in given.variables):
        missing = f"no Service with a cluster IP is known in namespace {namespace}"
        return ServiceEnv(given.groups, (*given.warnings, missing))
    return given


def variables_of_services(
    sources: EnvSources, service_texts: Sequence[str], namespace: str, *extra_keys: Key
) -> ServiceEnv:
    """Those of named Services, `db` or `db.other-namespace`; raises SvcdnsError for an unknown one."""
    wanted: list[Key] = []
    for text in service_texts:
        wanted.append(opt_in.parse_reference(text, namespace))
        if wanted[-1] not in sources.services:
            raise SvcdnsError(_not_found_message(wanted[-1], sources.services))
    given = service_env.build_env_of_services(sources.services, (*wanted, *extra_keys))
    without = (
        f"Service {'/'.join(key)} has no cluster IP, so there are no variables of it"
        for key in wanted
        if not sources.services[key].cluster_addresses
    )
    return ServiceEnv(given.groups, (*given.warnings, *without))


def variables_of_pod(
    sources: EnvSources,
    namespace: str,
    pod: PodTemplateSpec,
    service_texts: Sequence[str],
    options: InjectionOptions,
) -> PodVariables:
    """What the containers of a Pod are given; of named Services, and `kubernetes`, where there are names."""
    if service_texts:
        return _same_for_all_containers(
            pod, variables_of_services(sources, service_texts, namespace, service_env.KUBERNETES_SERVICE)
        )
    wish = opt_in.read_opt_in(pod.metadata, sources.cluster.find_namespace(namespace))
    warnings = wish.warnings
    if wish.is_opted_in or wish.services_text is not None:
        try:
            return _injected_variables(sources, namespace, pod, wish, options)
        except ObjectError as error:
            warnings = (*warnings, f"the webhook leaves the Pod as it is: {error}")
    found = _same_for_all_containers(
        pod, variables_of_namespace(sources, namespace, pod.spec.has_service_links)
    )
    return found._replace(warnings=(*warnings, *found.warnings))


def _same_for_all_containers(pod: PodTemplateSpec, environment: ServiceEnv) -> PodVariables:
    return PodVariables([environment.variables for _ in pod.spec.all_containers], environment.warnings)


def _injected_variables(
    sources: EnvSources, namespace: str, pod: PodTemplateSpec, wish: InjectionOptIn, options: InjectionOptions
) -> PodVariables:
    """What the webhook injects and sets, and what the kubelet adds to it."""
    found = admission.inject_pod(pod, wish, namespace, sources.cluster, options)
    links = admission.service_links_after(pod.spec, wish, found)
    added = service_env.build_service_env(sources.services.values(), namespace, links)
    chosen = [one.chosen_variables for one in found.containers] + [()] * len(
        pod.spec.ephemeral_containers or ()
    )
    dns = ", ".join(map(str, admission.dns_options_to_add(pod.spec, options)))
    sets = f"enableServiceLinks: {str(links).lower()}" + (f", options of resolv.conf: {dns}" if dns else "")
    return PodVariables(
        [_merge_first_wins(one, added.variables) for one in chosen],
        tuple(dict.fromkeys((*wish.warnings, *found.warnings, *(added.warnings if links else ())))),
        sets if wish.is_opted_in else None,
        frozenset().union(*(one.unresolved_names for one in found.containers)),
    )


def _merge_first_wins(*variable_lists: Iterable[ServiceVariable]) -> list[ServiceVariable]:
    found: dict[str, ServiceVariable] = {}
    for one in itertools.chain(*variable_lists):
        found.setdefault(one.name, one)
    return list(found.values())


def _not_found_message(key: Key, services: Iterable[Key]) -> str:
    namespace, name = key
    message = f'services "{name}" not found in namespace "{namespace}"'
    if elsewhere := [where for where, other in sorted(services) if other == name]:
        return f"{message}; of another namespace it is --service {name}.{elsewhere[0]}"
    return message + suggest_name(name, (other for where, other in services if where == namespace))


def suggest_name(name: str, candidates: Iterable[str]) -> str:
    """The name that was meant, or where to look."""
    close = difflib.get_close_matches(name, list(candidates), n=1)
    return f'; did you mean "{close[0]}"?' if close else "; `svcdns services -A` lists what there is"
