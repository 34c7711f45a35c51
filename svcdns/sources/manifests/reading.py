"""One manifest file: from its bytes to declared objects and what is wrong with them.

Pure. What a file said before matters in one case only: where it can no longer be parsed, its last
good objects stay (see `after`).
"""

from typing import NamedTuple

from svcdns.kube import decode
from svcdns.kube.controlplane import Declared, Fault, Place
from svcdns.sources.manifests import documents
from svcdns.sources.manifests.yamlstream import Broken

KEPT = -1
"""The document number of an object that the file no longer shows."""


class Reading(NamedTuple):
    """What one version of a file says; `ignored` counts the objects of kinds that are not ours."""

    declared: tuple[Declared, ...] = ()
    faults: tuple[Fault, ...] = ()
    broken: tuple[Broken, ...] = ()
    ignored: int = 0


def read(file: str, data: bytes) -> Reading:
    """All objects of a file; raises nothing."""
    parsed = documents.parse(data, json=file.endswith(".json"))
    declared: list[Declared] = []
    faults: list[Fault] = []
    ignored = 0
    for number, document in enumerate(parsed.documents):
        if document is None:
            continue
        for path, value in decode.expand(document):
            place = Place(file, number, path)
            reading = decode.decode(value)
            if reading is None:
                ignored += 1
            elif reading.object is None:
                faults += [Fault(reading.subject, place, error) for error in reading.errors]
            else:
                declared.append(Declared(reading.subject, reading.object, place))
    return Reading(tuple(declared), tuple(faults), tuple(parsed.broken), ignored)


def after(last: Reading, new: Reading) -> Reading:
    """The new reading; where it is broken, with the last objects that it does not speak of.

    An object that can be read but breaks a rule is left out, as at a start.
    """
    if not new.broken:
        return new
    spoken_of = {one.subject for one in new.declared} | {fault.subject for fault in new.faults}
    kept = (
        one._replace(place=Place(one.place.file, KEPT, ()))
        for one in last.declared
        if one.subject not in spoken_of
    )
    return new._replace(declared=(*new.declared, *kept))
