"""The bytes of an API server, purely: however they are cut, and whatever they are."""

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.objects import Kind
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.line_splitter import WatchStreamError
from svcdns.sources.apiserver.object_decoder import ObjectDecoder
from tests.fuzz.inputs import JSON, api_objects
from tests.sources.apiserver.following import TRIGGER_ANNOTATION, endpoint_slice_event

KINDS: tuple[Kind, ...] = ("Service", "EndpointSlice", "Namespace", "Pod")


@given(st.sampled_from(KINDS), st.lists(st.one_of(api_objects().map(lambda pair: pair[1]), JSON), max_size=5))
def test_any_page_decodes_or_is_told(kind: Kind, items: list[object]) -> None:
    body = json.dumps({"metadata": {"resourceVersion": "1"}, "items": items}).encode()
    with contextlib.suppress(envelope.PageError):
        found, bad = ObjectDecoder(kind).decode_items(envelope.decode_page(body).items or ())
        assert len(found) + len(bad) <= len(items)


@given(
    st.sampled_from(KINDS),
    st.lists(st.one_of(st.binary(max_size=60), JSON.map(lambda j: json.dumps(j).encode()))),
)
def test_any_line_is_an_event_or_a_stream_error(kind: Kind, lines: list[bytes]) -> None:
    with contextlib.suppress(WatchStreamError):
        ObjectDecoder(kind).decode_events(lines)


@given(
    st.dictionaries(
        st.sampled_from([TRIGGER_ANNOTATION, "other"]), st.one_of(JSON, st.datetimes().map(str)), max_size=2
    )
)
def test_no_annotation_costs_the_object(annotations: dict[str, object]) -> None:
    (change,) = ObjectDecoder("EndpointSlice").decode_events([endpoint_slice_event(annotations)]).changes
    assert change.new_object is not None
    assert change.change_time is None or TRIGGER_ANNOTATION in annotations
