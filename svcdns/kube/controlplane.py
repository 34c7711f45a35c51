"""What a cluster makes of the objects that it is given: a control plane as one pure function.

    declared objects -> one per name -> families, cluster IPs, node ports -> EndpointSlices

The same objects give the same result at every start and in every order of the files, but for two
of one name, of which the first wins.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from svcdns.errors import ObjectError
from svcdns.kube import allocate, endpoints
from svcdns.kube.decode import Path, Subject
from svcdns.kube.manifest_objects import Endpoints, ManifestObject, Pod, Service
from svcdns.kube.objects import EndpointSlice, Key, Kind, KubeObject, Namespace, ServiceCIDR, key_of
from svcdns.kube.ranges import Ranges

T = TypeVar("T", bound=ManifestObject)


class Place(NamedTuple):
    """Where an object is declared: the file, the document in it and the path in that document."""

    file: str
    document: int
    path: Path


class Declared(NamedTuple):
    """An object that passed its own rules."""

    subject: Subject
    object: ManifestObject
    place: Place


class Fault(NamedTuple):
    """What is wrong with a declared object; `other` is the place that it contradicts."""

    subject: Subject
    place: Place
    error: ObjectError
    other: Place | None = None


class Built(NamedTuple):
    """The objects as a cluster would hold them, and what had to be left out."""

    objects: dict[Kind, dict[Key, KubeObject]]
    faults: tuple[Fault, ...]


def build(declared: Iterable[Declared], ranges: Ranges) -> Built:
    """The cluster of these objects: every object keeps what it was given and gets what it lacks."""
    first: dict[Subject, Declared] = {}
    faults: list[Fault] = []
    for one in declared:
        known = first.setdefault(one.subject, one)
        if known is not one:
            error = ObjectError("metadata.name", "Duplicate value: this object is declared already")
            faults.append(Fault(one.subject, one.place, error, known.place))
    given = [one.object for one in first.values()]
    services, refused = allocate.allocate(_of(Service, given), ranges)
    for (namespace, name), errors in refused.items():
        one = first[Subject("Service", namespace, name)]
        faults += [Fault(one.subject, one.place, error) for error in errors]
    pods, slices = _of(Pod, given), _of(EndpointSlice, given)
    derived = _derive(services.values(), pods.values(), slices.values(), _of(Endpoints, given))
    return Built(
        {
            "Namespace": {**_of(Namespace, given)},
            "Service": {**services},
            "EndpointSlice": {**{key_of(one): one for one in derived}, **slices},
            "Pod": {**pods},
            "ServiceCIDR": {**_of(ServiceCIDR, given)},
        },
        tuple(faults),
    )


def _derive(
    services: Iterable[Service],
    pods: Iterable[Pod],
    given: Iterable[EndpointSlice],
    legacy: dict[Key, Endpoints],
) -> Iterable[EndpointSlice]:
    """The slices of the Services that no given one names: from Endpoints, else from Pods."""
    named = {piece.service for piece in given}
    index = endpoints.PodIndex(pods)
    for service in services:
        key = key_of(service)
        if key in named:
            continue
        if key in legacy:
            yield from endpoints.from_endpoints(service, legacy[key])
        elif service.spec.selector and service.spec.type != "ExternalName":
            yield from endpoints.from_pods(service, index.select(service))


def _of(kind: type[T], given: Iterable[ManifestObject]) -> dict[Key, T]:
    return {(one.metadata.namespace or "", one.metadata.name): one for one in given if isinstance(one, kind)}
