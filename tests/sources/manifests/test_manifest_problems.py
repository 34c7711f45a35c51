"""Faults of objects to problems: with the line of the field, and that of the other object."""

from collections.abc import Iterable

from svcdns.errors import ObjectError
from svcdns.kube.manifests.control_plane import ObjectProblem, SourceLocation
from svcdns.kube.manifests.manifest_decoder import ObjectIdentity
from svcdns.sources.file_problems import Problem
from svcdns.sources.manifests import manifest_problems
from svcdns.sources.manifests.yaml_positions import YamlPosition


class Lines:
    """A file whose positions stand on these lines."""

    def __init__(self, lines: dict[YamlPosition, int]) -> None:
        self.lines = lines
        self.read_count = 0

    def find_lines(self, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
        self.read_count += 1
        return {position: self.lines[position] for position in positions if position in self.lines}


def test_lines_of_the_field_and_of_the_other_object() -> None:
    first, second = SourceLocation("a.yaml", 0, ()), SourceLocation("b.yaml", 1, ("items", 3))
    identity = ObjectIdentity("Service", "default", "web")
    faults = [
        ObjectProblem(identity, second, ObjectError("spec.ports[0].port", "is odd")),
        ObjectProblem(identity, second, ObjectError("metadata.name", "is taken"), first),
    ]
    port = (1, ("items", 3, "spec", "ports", 0, "port"))
    files = {"a.yaml": Lines({(0, ()): 1}), "b.yaml": Lines({port: 9})}
    assert manifest_problems.to_problems(faults, files) == [
        Problem("b.yaml", 9, str(identity), str(faults[0].error)),
        Problem("b.yaml", 0, str(identity), f"{faults[1].error} at a.yaml:1"),
    ]
    assert [file.read_count for file in files.values()] == [1, 1]
