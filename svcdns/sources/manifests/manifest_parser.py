"""One manifest file: from its bytes to declared objects and what is wrong with them.

Pure. What a file said before matters in one case only: where it can no longer be parsed, its last
good objects stay (see `after`).
"""

from typing import NamedTuple

from svcdns.kube.manifests import manifest_decoder
from svcdns.kube.manifests.control_plane import (
    DeclaredObject,
    ObjectProblem,
    SourceLocation,
)
from svcdns.sources.manifests import yaml_documents
from svcdns.sources.manifests.yaml_events import YamlErrorEvent

LAST_GOOD_DOCUMENT = -1
"""The document number of an object that the file no longer shows."""


class ParsedManifest(NamedTuple):
    """What one version of a file says; `ignored` counts the objects of kinds that are not ours."""

    declared_objects: tuple[DeclaredObject, ...] = ()
    faults: tuple[ObjectProblem, ...] = ()
    syntax_errors: tuple[YamlErrorEvent, ...] = ()
    ignored_count: int = 0


def parse_manifest(file: str, data: bytes) -> ParsedManifest:
    """All objects of a file; raises nothing."""
    parsed = yaml_documents.parse_documents(data, is_json=file.endswith(".json"))
    declared: list[DeclaredObject] = []
    faults: list[ObjectProblem] = []
    ignored = 0
    for number, document in enumerate(parsed.documents):
        if document is None:
            continue
        for path, value in manifest_decoder.expand_lists(document):
            place = SourceLocation(file, number, path)
            reading = manifest_decoder.decode_document(value)
            if reading is None:
                ignored += 1
            elif reading.object is None:
                faults += [ObjectProblem(reading.identity, place, error) for error in reading.errors]
            else:
                declared.append(DeclaredObject(reading.identity, reading.object, place))
    return ParsedManifest(tuple(declared), tuple(faults), tuple(parsed.syntax_errors), ignored)


def keep_last_good(previous: ParsedManifest, current: ParsedManifest) -> ParsedManifest:
    """The new reading; where it is broken, with the last objects that it does not speak of.

    An object that can be read but breaks a rule is left out, as at a start.
    """
    if not current.syntax_errors:
        return current
    spoken_of = {one.identity for one in current.declared_objects} | {
        fault.identity for fault in current.faults
    }
    kept = (
        one._replace(location=SourceLocation(one.location.file, LAST_GOOD_DOCUMENT, ()))
        for one in previous.declared_objects
        if one.identity not in spoken_of
    )
    return current._replace(declared_objects=(*current.declared_objects, *kept))
