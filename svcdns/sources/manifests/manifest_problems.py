"""The problems of manifests: faults of objects, with the lines where they stand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from svcdns.kube.manifests.control_plane import ObjectProblem, SourceLocation
from svcdns.kube.manifests.manifest_decoder import parse_field_path
from svcdns.sources.file_problems import Problem
from svcdns.sources.manifests.yaml_positions import YamlPosition


class LineFinder(Protocol):
    """Finds lines in one file."""

    def find_lines(self, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
        """The lines of the spots that can be found."""
        ...


def to_problems(faults: Iterable[ObjectProblem], files: Mapping[str, LineFinder]) -> list[Problem]:
    """The faults with their lines; each file is looked at once, and only where it has a fault."""
    wanted: defaultdict[str, set[YamlPosition]] = defaultdict(set)
    faults = list(faults)
    for fault in faults:
        wanted[fault.location.file].add(_position_of(fault))
        if fault.conflicting_location:
            wanted[fault.conflicting_location.file].add(
                (fault.conflicting_location.document, fault.conflicting_location.object_path)
            )
    lines = {name: files[name].find_lines(spots) for name, spots in wanted.items()}
    problems = []
    for fault in faults:
        message = str(fault.error)
        if fault.conflicting_location:
            message += f" at {_format_place(fault.conflicting_location, lines)}"
        line = lines[fault.location.file].get(_position_of(fault), 0)
        subject = str(fault.identity) if fault.identity and any(fault.identity) else ""
        problems.append(Problem(fault.location.file, line, subject, message))
    return problems


def _position_of(fault: ObjectProblem) -> YamlPosition:
    return fault.location.document, (*fault.location.object_path, *parse_field_path(fault.error.field))


def _format_place(place: SourceLocation, lines: Mapping[str, Mapping[YamlPosition, int]]) -> str:
    line = lines[place.file].get((place.document, place.object_path), 0)
    return f"{place.file}:{line}" if line else place.file
