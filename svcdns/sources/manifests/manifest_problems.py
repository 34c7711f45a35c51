"""The problems of manifests: faults of objects, with the lines on which they stand."""

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
        """Return the lines of the positions that can be found."""
        ...


def to_problems(faults: Iterable[ObjectProblem], files: Mapping[str, LineFinder]) -> list[Problem]:
    """Return the faults with their lines; each file is read once, and only where it has a fault."""
    faults = list(faults)

    # All positions first: the second reading of a large file is the expensive part.
    positions_by_file: defaultdict[str, set[YamlPosition]] = defaultdict(set)
    for fault in faults:
        positions_by_file[fault.location.file].add(_position_of(fault))
        if conflict := fault.conflicting_location:
            positions_by_file[conflict.file].add((conflict.document, conflict.object_path))
    lines = {name: files[name].find_lines(positions) for name, positions in positions_by_file.items()}

    problems = []
    for fault in faults:
        message = str(fault.error)
        if fault.conflicting_location:
            message += f" at {_format_location(fault.conflicting_location, lines)}"

        line = lines[fault.location.file].get(_position_of(fault), 0)
        subject = str(fault.identity) if fault.identity and any(fault.identity) else ""
        problems.append(Problem(fault.location.file, line, subject, message))

    return problems


def _position_of(fault: ObjectProblem) -> YamlPosition:
    return fault.location.document, (*fault.location.object_path, *parse_field_path(fault.error.field))


def _format_location(location: SourceLocation, lines: Mapping[str, Mapping[YamlPosition, int]]) -> str:
    line = lines[location.file].get((location.document, location.object_path), 0)
    return f"{location.file}:{line}" if line else location.file
