"""The time of a change: from an annotation, which may say anything."""

from svcdns.sources.apiserver.object_decoder import ObjectDecoder
from tests.sources.apiserver.following import TRIGGER_ANNOTATION, endpoint_slice_event


def test_when_endpoints_changed() -> None:
    decoder = ObjectDecoder("EndpointSlice")
    for text, wanted in (
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T01:01:00.5+01:00", 60.5),
        ("1970-01-01T00:01:00", None),
        ("soon", None),
    ):
        (change,) = decoder.decode_events([endpoint_slice_event({TRIGGER_ANNOTATION: text})]).changes
        assert change.change_time == wanted
