"""YAML as events, which go on after a syntax error."""

import pytest
import yaml

from svcdns.sources.manifests.yaml_events import (
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


def test_a_value_is_skipped_however_deep() -> None:
    events = iter(YamlEventStream(b"- " + b"[" * 5_000 + b"]" * 5_000 + b"\n- behind\n"))
    for event in events:
        if isinstance(event, yaml.SequenceStartEvent) and event.flow_style:
            skip_value(events, event)
            break
    assert next(events).value == "behind"


def test_a_value_that_ends_too_early_is_an_error() -> None:
    events = iter(YamlEventStream(b"a: [1, 2\n"))
    with pytest.raises(TruncatedDocumentError) as raised:
        for event in events:
            if isinstance(event, yaml.MappingStartEvent):
                skip_value(events, event)
    assert raised.value.syntax_error.line == 1
