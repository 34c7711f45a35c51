"""The bytes of an API server, purely: however they are cut, and whatever they are."""

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.objects import Kind
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.line_splitter import LineSplitter, WatchStreamError
from svcdns.sources.apiserver.object_decoder import ObjectDecoder
from tests.fuzz.inputs import JSON, api_objects

KINDS: tuple[Kind, ...] = ("Service", "EndpointSlice", "Namespace", "Pod")


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))), st.lists(st.integers(0, 200))
)
def test_lines_do_not_depend_on_the_cuts(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    splitter, found, at = LineSplitter(100), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        if cut >= at:
            found += splitter.feed(stream[at:cut])
            at = cut
    assert found == [line for line in lines if line]


@given(st.integers(1, 20), st.lists(st.binary(min_size=1, max_size=30), max_size=5))
def test_a_line_is_bounded(limit: int, chunks: list[bytes]) -> None:
    splitter, longest = LineSplitter(limit), max(map(len, b"".join(chunks).split(b"\n")), default=0)
    try:
        for chunk in chunks:
            splitter.feed(chunk)
    except WatchStreamError:
        assert longest > limit
    else:
        assert longest <= limit


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


def _endpoints(annotations: object) -> bytes:
    meta = {"name": "web-1", "namespace": "default", "resourceVersion": "7", "annotations": annotations}
    return json.dumps(
        {
            "type": "MODIFIED",
            "object": {
                "kind": "EndpointSlice",
                "metadata": meta,
                "addressType": "IPv4",
                "endpoints": [],
                "ports": [],
            },
        }
    ).encode()


_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


@given(
    st.dictionaries(
        st.sampled_from([_TRIGGER, "other"]), st.one_of(JSON, st.datetimes().map(str)), max_size=2
    )
)
def test_no_annotation_costs_the_object(annotations: dict[str, object]) -> None:
    (change,) = ObjectDecoder("EndpointSlice").decode_events([_endpoints(annotations)]).changes
    assert change.new_object is not None
    assert change.change_time is None or _TRIGGER in annotations


def test_when_endpoints_changed() -> None:
    decoder = ObjectDecoder("EndpointSlice")
    for text, wanted in (
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T01:01:00.5+01:00", 60.5),
        ("1970-01-01T00:01:00", None),
        ("soon", None),
    ):
        (change,) = decoder.decode_events([_endpoints({_TRIGGER: text})]).changes
        assert change.change_time == wanted
