"""YAML as events, which go on after a syntax error."""

import pytest
import yaml

from svcdns.sources.manifests.yaml_events import (
    MAX_SYNTAX_ERRORS,
    TruncatedDocumentError,
    YamlErrorEvent,
    YamlEventStream,
    skip_value,
)


def test_it_goes_on_at_the_next_document_with_the_right_line() -> None:
    stream = YamlEventStream(b"a: [\n---\nb: 1\n---\nc: }\n---\nd: 1\n")
    lines = []
    for event in stream:
        if isinstance(event, YamlErrorEvent):
            lines.append(("error", event.line))
        elif isinstance(event, yaml.ScalarEvent):
            assert event.start_mark is not None
            lines.append((event.value, stream.first_line + event.start_mark.line))
    assert ("b", 3) in lines and ("d", 7) in lines
    assert [line for kind, line in lines if kind == "error"] == [2, 5]


def test_a_value_is_skipped_to_its_end() -> None:
    events = iter(YamlEventStream(b"- " + b"[" * 90 + b"]" * 90 + b"\n- behind\n"))
    for event in events:
        if isinstance(event, yaml.SequenceStartEvent) and event.flow_style:
            skip_value(events, event)
            break
    assert next(events).value == "behind"


def test_it_ends_after_a_thousand_errors() -> None:
    errors = [event for event in YamlEventStream(b"---\n]\n" * 5_000) if isinstance(event, YamlErrorEvent)]
    assert len(errors) == MAX_SYNTAX_ERRORS
    assert errors[-1].line == 2 * MAX_SYNTAX_ERRORS
    assert errors[-1].message.endswith("after 1000 errors, the rest is not read")


def test_a_value_that_ends_too_early_is_an_error() -> None:
    events = iter(YamlEventStream(b"a: [1, 2\n"))
    with pytest.raises(TruncatedDocumentError) as raised:
        for event in events:
            if isinstance(event, yaml.MappingStartEvent):
                skip_value(events, event)
    assert raised.value.syntax_error.line == 1
