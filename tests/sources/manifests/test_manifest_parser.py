"""The bytes of one manifest to declared objects, and what stays where they cannot be parsed."""

from svcdns.sources.manifests import manifest_parser
from svcdns.sources.manifests.manifest_parser import LAST_GOOD_DOCUMENT, ParsedManifest

SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{port: %s}]}}\n"
DEPLOYMENT = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}\n"


def parse(*documents: str) -> ParsedManifest:
    return manifest_parser.parse_manifest("a.yaml", "---\n".join(documents).encode())


def declared(parsed: ParsedManifest) -> list[tuple[str, int]]:
    return [(one.identity.name, one.location.document) for one in parsed.declared_objects]


def test_objects_faults_and_kinds_that_do_not_count() -> None:
    parsed = parse(SERVICE % ("a", 80), "", SERVICE % ("b", "many"), DEPLOYMENT, SERVICE % ("c", 81))
    assert declared(parsed) == [("a", 0), ("c", 4)]
    assert [(fault.identity.name, fault.location.document) for fault in parsed.faults] == [("b", 2)]
    assert (parsed.ignored_count, parsed.syntax_errors) == (1, ())


def test_without_a_syntax_error_the_new_reading_counts() -> None:
    current = parse(SERVICE % ("b", 80))
    assert manifest_parser.keep_last_good(parse(SERVICE % ("a", 80)), current) is current


def test_with_a_syntax_error_the_objects_that_it_does_not_mention_stay() -> None:
    previous = parse(SERVICE % ("a", 80), SERVICE % ("b", 80), SERVICE % ("c", 80))
    current = parse(SERVICE % ("a", 81), SERVICE % ("b", "many"), "x: {\n")
    combined = manifest_parser.keep_last_good(previous, current)
    assert declared(combined) == [("a", 0), ("c", LAST_GOOD_DOCUMENT)]
    assert combined.faults == current.faults
