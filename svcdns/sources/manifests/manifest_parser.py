"""One manifest file: from its bytes to declared objects, and what is wrong with them.

Pure. What a file said before matters in one case only: where it can no longer be parsed, its last
good objects stay (`keep_last_good`).
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
    """What one version of a file says; `ignored_count` is that of objects of kinds that DNS does not need."""

    declared_objects: tuple[DeclaredObject, ...] = ()
    faults: tuple[ObjectProblem, ...] = ()
    syntax_errors: tuple[YamlErrorEvent, ...] = ()
    ignored_count: int = 0


def parse_manifest(file: str, data: bytes) -> ParsedManifest:
    """Parse all objects of a file; raises nothing."""
    parsed = yaml_documents.parse_documents(data, is_json=file.endswith(".json"))
    declared_objects: list[DeclaredObject] = []
    faults: list[ObjectProblem] = []
    ignored_count = 0

    for number, document in enumerate(parsed.documents):
        # An empty document says nothing, and a broken one stands in the syntax errors.
        if document is None:
            continue

        for path, value in manifest_decoder.expand_lists(document):
            location = SourceLocation(file, number, path)
            decoded = manifest_decoder.decode_document(value)
            if decoded is None:
                ignored_count += 1
            elif decoded.object is None:
                faults += [ObjectProblem(decoded.identity, location, error) for error in decoded.errors]
            else:
                declared_objects.append(DeclaredObject(decoded.identity, decoded.object, location))

    return ParsedManifest(tuple(declared_objects), tuple(faults), tuple(parsed.syntax_errors), ignored_count)


def keep_last_good(previous: ParsedManifest, current: ParsedManifest) -> ParsedManifest:
    """Return the new reading; with a syntax error, also the last objects that it does not speak of.

    An object that can be read but breaks a rule is left out, as at a start.
    """
    if not current.syntax_errors:
        return current

    # What is missing may stand behind the syntax error, so its removal is not certain.
    mentioned = {declared.identity for declared in current.declared_objects}
    mentioned |= {fault.identity for fault in current.faults}
    last_good_objects = (
        declared._replace(location=SourceLocation(declared.location.file, LAST_GOOD_DOCUMENT, ()))
        for declared in previous.declared_objects
        if declared.identity not in mentioned
    )
    return current._replace(declared_objects=(*current.declared_objects, *last_good_objects))
