"""What a cluster makes of the objects that it is given: a control plane as one pure function.

    declared objects -> one per name -> families, cluster IPs, node ports -> EndpointSlices

The same objects give the same result at every start and in every order of the files, but for two
of one name, of which the first wins.
"""

from collections.abc import Iterable
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
    """Where an object is declared: the file, the document in it and the path in that document."""

    file: str
    document: int
    object_path: FieldPath


class DeclaredObject(NamedTuple):
    """An object that passed its own rules."""

    identity: ObjectIdentity
    object: ManifestObject
    location: SourceLocation


class ObjectProblem(NamedTuple):
    """What is wrong with a declared object; `other` is the place that it contradicts."""

    identity: ObjectIdentity
    location: SourceLocation
    error: ObjectError
    conflicting_location: SourceLocation | None = None


class BuiltCluster(NamedTuple):
    """The objects as a cluster would hold them, and what had to be left out."""

    objects: dict[Kind, dict[Key, KubeObject]]
    errors: tuple[ObjectProblem, ...]


def build_cluster(declared: Iterable[DeclaredObject], ranges: ServiceRanges) -> BuiltCluster:
    """The cluster of these objects: every object keeps what it was given and gets what it lacks."""
    first: dict[ObjectIdentity, DeclaredObject] = {}
    faults: list[ObjectProblem] = []
    for one in declared:
        known = first.setdefault(one.identity, one)
        if known is not one:
            error = ObjectError("metadata.name", "Duplicate value: this object is declared already")
            faults.append(ObjectProblem(one.identity, one.location, error, known.location))
    given = [one.object for one in first.values()]
    services, refused = allocation.allocate_services(_select_kind(ManifestService, given), ranges)
    for (namespace, name), errors in refused.items():
        one = first[ObjectIdentity("Service", namespace, name)]
        faults += [ObjectProblem(one.identity, one.location, error) for error in errors]
    pods, slices = _select_kind(ManifestPod, given), _select_kind(EndpointSlice, given)
    derived = _derive_slices(
        services.values(), pods.values(), slices.values(), _select_kind(Endpoints, given)
    )
    return BuiltCluster(
        {
            "Namespace": {**_select_kind(Namespace, given)},
            "Service": {**services},
            "EndpointSlice": {**{key_of(one): one for one in derived}, **slices},
            "Pod": {**pods},
            "ServiceCIDR": {**_select_kind(ServiceCIDR, given)},
        },
        tuple(faults),
    )


def _derive_slices(
    services: Iterable[ManifestService],
    pods: Iterable[ManifestPod],
    declared_slices: Iterable[EndpointSlice],
    legacy_endpoints: dict[Key, Endpoints],
) -> Iterable[EndpointSlice]:
    """The slices of the Services that no given one names: from Endpoints, else from Pods."""
    named = {piece.service_key for piece in declared_slices}
    index = endpoints_controller.PodLabelIndex(pods)
    for service in services:
        key = key_of(service)
        if key in named:
            continue
        if key in legacy_endpoints:
            yield from endpoints_controller.slices_from_endpoints(service, legacy_endpoints[key])
        elif service.spec.selector and service.spec.type != "ExternalName":
            yield from endpoints_controller.slices_from_pods(service, index.select(service))


def _select_kind(kind: type[T], objects: Iterable[ManifestObject]) -> dict[Key, T]:
    return {
        (one.metadata.namespace or "", one.metadata.name): one for one in objects if isinstance(one, kind)
    }
