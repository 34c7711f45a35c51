"""What the API server puts around objects, and what it must not cost."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.envelope import PageError, Status
from svcdns.sources.apiserver.line_splitter import WatchStreamError


def test_a_page_keeps_its_items_as_json() -> None:
    page = envelope.decode_page(
        b'{"metadata": {"resourceVersion": "7", "continue": "x"}, "items": [{"a":1}]}'
    )
    assert (page.metadata.resource_version, page.metadata.continue_) == ("7", "x")
    assert [bytes(item) for item in page.items or ()] == [b'{"a":1}']
    assert envelope.decode_page(b'{"metadata": {}, "items": null}').items is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"items": []}', b'{"metadata": {}, "items": 1}'])
def test_another_body_is_not_a_page(body: bytes) -> None:
    with pytest.raises(PageError, match="the answer is not a Kubernetes list"):
        envelope.decode_page(body)


def test_a_status_of_anything_else_is_empty() -> None:
    body = json.dumps({"code": 429, "message": "slow down", "details": {"retryAfterSeconds": 3}}).encode()
    status = envelope.decode_status(body)
    assert (status.code, status.message) == (429, "slow down")
    assert status.details is not None and status.details.retry_after_seconds == 3
    assert envelope.decode_status(b"<html>Bad Gateway</html>") == Status()


def test_an_event() -> None:
    event = envelope.decode_event(b'{"type": "ADDED", "object": {"kind": "Pod"}}')
    assert (event.type, bytes(event.object)) == ("ADDED", b'{"kind": "Pod"}')


@given(st.binary(max_size=40))
def test_any_other_line_is_a_stream_error(line: bytes) -> None:
    with pytest.raises(WatchStreamError, match="a line of the watch is not an event"):
        envelope.decode_event(line)
