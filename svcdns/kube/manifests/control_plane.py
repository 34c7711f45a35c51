"""What a cluster makes of the objects that it is given: a control plane as one pure function.

    declared objects -> first of each name -> families, cluster IPs, node ports -> EndpointSlices

The same objects give the same result at every start and in every order of the files, except for two
objects of one name, of which the first wins.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from svcdns.errors import ObjectError
from svcdns.kube.manifests import allocation, endpoints_controller
from svcdns.kube.manifests.manifest_decoder import FieldPath, ObjectIdentity
from svcdns.kube.manifests.manifest_objects import (
    Endpoints,
    ManifestObject,
    ManifestPod,
    ManifestService,
)
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import EndpointSlice, Key, Kind, KubeObject, Namespace, ServiceCIDR, key_of

T = TypeVar("T", bound=ManifestObject)


class SourceLocation(NamedTuple):
    """Where an object is declared: the file, the number of the document, and the path in it."""

    file: str
    document: int
    object_path: FieldPath


class DeclaredObject(NamedTuple):
    """An object that passed its own rules."""

    identity: ObjectIdentity
    object: ManifestObject
    location: SourceLocation


class ObjectProblem(NamedTuple):
    """An error of a declared object; `conflicting_location` has the object that it contradicts."""

    identity: ObjectIdentity
    location: SourceLocation
    error: ObjectError
    conflicting_location: SourceLocation | None = None


class BuiltCluster(NamedTuple):
    """The objects as a cluster would hold them, and the errors of those left out."""

    objects: dict[Kind, dict[Key, KubeObject]]
    errors: tuple[ObjectProblem, ...]


def build_cluster(declared: Iterable[DeclaredObject], ranges: ServiceRanges) -> BuiltCluster:
    """The cluster of these objects: each keeps the fields it declares, and gets those that it lacks."""
    problems: list[ObjectProblem] = []

    first_declared: dict[ObjectIdentity, DeclaredObject] = {}
    for declaration in declared:
        first = first_declared.setdefault(declaration.identity, declaration)
        if first is not declaration:
            error = ObjectError("metadata.name", "Duplicate value: this object is declared already")
            problems.append(ObjectProblem(declaration.identity, declaration.location, error, first.location))
    # Only the first of each name goes on: an allocated number must not depend on the duplicate.
    objects = [declaration.object for declaration in first_declared.values()]

    services, refused = allocation.allocate_services(_select_kind(ManifestService, objects), ranges)
    for (namespace, name), errors in refused.items():
        declaration = first_declared[ObjectIdentity("Service", namespace, name)]
        problems += [ObjectProblem(declaration.identity, declaration.location, error) for error in errors]

    pods = _select_kind(ManifestPod, objects)
    slices = _select_kind(EndpointSlice, objects)
    derived: dict[Key, KubeObject] = {
        key_of(endpoint_slice): endpoint_slice
        for endpoint_slice in _derive_slices(
            services.values(), pods.values(), slices.values(), _select_kind(Endpoints, objects)
        )
    }

    # A declared slice wins over a derived one of its name. (`{**x}` has the wider type of the field.)
    return BuiltCluster(
        {
            "Namespace": {**_select_kind(Namespace, objects)},
            "Service": {**services},
            "EndpointSlice": derived | slices,
            "Pod": {**pods},
            "ServiceCIDR": {**_select_kind(ServiceCIDR, objects)},
        },
        tuple(problems),
    )


def _derive_slices(
    services: Iterable[ManifestService],
    pods: Iterable[ManifestPod],
    declared_slices: Iterable[EndpointSlice],
    legacy_endpoints: dict[Key, Endpoints],
) -> Iterator[EndpointSlice]:
    """The slices of the Services that no declared slice names: from Endpoints, else from Pods."""
    services_with_slices = {endpoint_slice.service_key for endpoint_slice in declared_slices}
    index = endpoints_controller.PodLabelIndex(pods)

    for service in services:
        key = key_of(service)
        if key in services_with_slices:
            continue

        if key in legacy_endpoints:
            yield from endpoints_controller.slices_from_endpoints(service, legacy_endpoints[key])
        elif service.spec.selector and service.spec.type != "ExternalName":
            yield from endpoints_controller.slices_from_pods(service, index.select(service))


def _select_kind(kind: type[T], objects: Iterable[ManifestObject]) -> dict[Key, T]:
    """The objects of a type by key."""
    return {
        (obj.metadata.namespace or "", obj.metadata.name): obj for obj in objects if isinstance(obj, kind)
    }
