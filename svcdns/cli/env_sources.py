"""The variables of Services that Pods get: from the kubelet, by name, or from the webhook.

`request_for_...` say what must be listed, `read_sources` reads it, `variables_of_...` compute from it.
"""

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
    """The Services and namespaces of a cluster."""

    services: Mapping[Key, Service]
    namespaces: frozenset[str] | None
    """None if they may not be listed."""
    cluster: InjectionStore
    """The same objects, as the webhook keeps them."""
    warnings: tuple[str, ...]


def request_for_namespace(namespace: str, service_texts: Sequence[str]) -> ServicesRequest:
    """What to list for the Pods of a namespace, or for these Services alone if there are any."""
    if service_texts:
        return ServicesRequest(
            frozenset(opt_in.parse_reference(name, namespace)[0] for name in service_texts)
        )

    # The kubelet gives the variables of default/kubernetes to all Pods.
    return ServicesRequest(frozenset((namespace,)), frozenset((service_env.KUBERNETES_SERVICE[0],)))


def request_for_pods(
    pods: Iterable[tuple[str, PodTemplateSpec]], service_texts: Sequence[str]
) -> ServicesRequest:
    """What to list for these Pods, each with its namespace."""
    namespaces: set[str] = set()
    optional = {service_env.KUBERNETES_SERVICE[0]}

    for namespace, pod in pods:
        namespaces |= request_for_namespace(namespace, service_texts).required_namespaces
        references_text = opt_in.read_opt_in(pod.metadata, None).services_text or ""
        for name in opt_in.split_references(references_text):
            with contextlib.suppress(ObjectError):  # the webhook's decision reports it
                optional.add(opt_in.parse_reference(name, namespace)[0])
    return ServicesRequest(frozenset(namespaces), frozenset(optional))


def read_sources(partial: PartialInventory) -> EnvSources:
    """Read what was listed; Services that cannot be read are left out, with a warning."""
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
            warnings.append(f"{manifest_decoder.identity_of(document)} is skipped: {error}")

    cluster = InjectionStore()
    for key, service in services.items():
        cluster.apply(Change("Service", key, service))
    for namespace in inventory.namespaces:
        cluster.apply(Change("Namespace", key_of(namespace), namespace))

    # Manifests often have no Namespace objects: what is in a namespace shows that there is one.
    names = (namespace.metadata.name for namespace in inventory.namespaces)
    populated = (where for where, _ in (*services, *inventory.slices))
    # The key None is the list of Namespaces (`PartialInventory`).
    namespaces = None if None in partial.refusals else frozenset((*names, *populated))
    return EnvSources(services, namespaces, cluster, tuple(warnings))


def variables_of_namespace(sources: EnvSources, namespace: str, service_links: bool = True) -> ServiceEnv:
    """The variables that the kubelet gives to the Pods of a namespace."""
    environment = service_env.build_service_env(sources.services.values(), namespace, service_links)
    # default/kubernetes is always there, so its variables alone mean that the namespace has none.
    if service_links and not any(variable.service[0] == namespace for variable in environment.variables):
        missing = f"namespace {namespace} has no Service with a cluster IP"
        return ServiceEnv(environment.groups, (*environment.warnings, missing))
    return environment


def variables_of_services(
    sources: EnvSources, service_texts: Sequence[str], namespace: str, *extra_keys: Key
) -> ServiceEnv:
    """The variables of Services by name, `db` or `db.other-namespace`; raises SvcdnsError for a wrong one."""
    keys: list[Key] = []
    for text in service_texts:
        key = opt_in.parse_reference(text, namespace)
        if key not in sources.services:
            raise SvcdnsError(_not_found_message(key, sources.services))
        keys.append(key)

    environment = service_env.build_env_of_services(sources.services, (*keys, *extra_keys))
    headless_warnings = (
        f"Service {'/'.join(key)} has no cluster IP, so there are no variables of it"
        for key in keys
        if not sources.services[key].cluster_addresses
    )
    return ServiceEnv(environment.groups, (*environment.warnings, *headless_warnings))


def variables_of_pod(
    sources: EnvSources,
    namespace: str,
    pod: PodTemplateSpec,
    service_texts: Sequence[str],
    options: InjectionOptions,
) -> PodVariables:
    """The variables of a Pod's containers.

    With `service_texts`, they are those of these Services and of `kubernetes`; else what the cluster gives.
    """
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
            # As in a cluster: the Pod is made all the same, with what the kubelet gives it.
            warnings = (*warnings, f"the webhook leaves the Pod as it is: {error}")

    environment = variables_of_namespace(sources, namespace, pod.spec.has_service_links)
    pod_variables = _same_for_all_containers(pod, environment)
    return pod_variables._replace(warnings=(*warnings, *pod_variables.warnings))


def _same_for_all_containers(pod: PodTemplateSpec, environment: ServiceEnv) -> PodVariables:
    return PodVariables([environment.variables for _ in pod.spec.all_containers], environment.warnings)


def _injected_variables(
    sources: EnvSources, namespace: str, pod: PodTemplateSpec, wish: InjectionOptIn, options: InjectionOptions
) -> PodVariables:
    """The variables that the webhook injects, and those that the kubelet adds to them."""
    injection = admission.inject_pod(pod, wish, namespace, sources.cluster, options)
    links = admission.service_links_after(pod.spec, wish, injection)
    kubelet_env = service_env.build_service_env(sources.services.values(), namespace, links)

    # The webhook leaves ephemeral containers alone.
    injected = [container.chosen_variables for container in injection.containers]
    # They come last in `all_containers`, whose order this list has.
    injected += [()] * len(pod.spec.ephemeral_containers or ())

    dns = ", ".join(map(str, admission.dns_options_to_add(pod.spec, options)))
    changes = f"enableServiceLinks: {str(links).lower()}"
    if dns:
        changes += f", options of resolv.conf: {dns}"

    kubelet_warnings = kubelet_env.warnings if links else ()
    warnings = dict.fromkeys((*wish.warnings, *injection.warnings, *kubelet_warnings))
    return PodVariables(
        by_container=[_merge_first_wins(variables, kubelet_env.variables) for variables in injected],
        warnings=tuple(warnings),
        webhook_changes=changes if wish.is_opted_in else None,
        unmet_references=frozenset().union(
            *(container.unresolved_names for container in injection.containers)
        ),
    )


def _merge_first_wins(*variable_lists: Iterable[ServiceVariable]) -> list[ServiceVariable]:
    """The variables of all lists; of two with one name the first, as the kubelet keeps a Pod's own."""
    by_name: dict[str, ServiceVariable] = {}
    for variable in itertools.chain(*variable_lists):
        by_name.setdefault(variable.name, variable)
    return list(by_name.values())


def _not_found_message(key: Key, services: Iterable[Key]) -> str:
    namespace, name = key
    message = f'services "{name}" not found in namespace "{namespace}"'
    if elsewhere := [where for where, service in sorted(services) if service == name]:
        return f"{message}; for the one of another namespace: --service {name}.{elsewhere[0]}"
    return message + suggest_name(name, (service for where, service in services if where == namespace))


def suggest_name(name: str, candidates: Iterable[str]) -> str:
    """The end of an error: the nearest name, or the command that lists all."""
    close = difflib.get_close_matches(name, list(candidates), n=1)
    return f'; did you mean "{close[0]}"?' if close else "; `svcdns services -A` lists all"
