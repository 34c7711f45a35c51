"""The problems of manifests: faults of objects, with the lines where they stand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from svcdns.kube.controlplane import Fault, Place
from svcdns.kube.decode import steps
from svcdns.sources.manifests.lines import Spot
from svcdns.sources.problems import Problem


class Locator(Protocol):
    """Finds lines in one file."""

    def locate(self, spots: Iterable[Spot]) -> dict[Spot, int]:
        """The lines of the spots that can be found."""
        ...


def describe(faults: Iterable[Fault], files: Mapping[str, Locator]) -> list[Problem]:
    """The faults with their lines; each file is looked at once, and only where it has a fault."""
    wanted: defaultdict[str, set[Spot]] = defaultdict(set)
    faults = list(faults)
    for fault in faults:
        wanted[fault.place.file].add(_spot(fault))
        if fault.other:
            wanted[fault.other.file].add((fault.other.document, fault.other.path))
    lines = {name: files[name].locate(spots) for name, spots in wanted.items()}
    problems = []
    for fault in faults:
        message = str(fault.error)
        if fault.other:
            message += f" at {_place(fault.other, lines)}"
        line = lines[fault.place.file].get(_spot(fault), 0)
        subject = str(fault.subject) if fault.subject and any(fault.subject) else ""
        problems.append(Problem(fault.place.file, line, subject, message))
    return problems


def _spot(fault: Fault) -> Spot:
    return fault.place.document, (*fault.place.path, *steps(fault.error.field))


def _place(place: Place, lines: Mapping[str, Mapping[Spot, int]]) -> str:
    line = lines[place.file].get((place.document, place.path), 0)
    return f"{place.file}:{line}" if line else place.file
