"""What a fault of the API server means, and what to do then."""

import pytest

from svcdns import errors
from svcdns.sources.apiserver import api_errors
from svcdns.sources.apiserver.api_errors import (
    Recovery,
    RequestRefusedError,
    UnexpectedError,
    WatchSilentError,
)
from svcdns.sources.apiserver.line_splitter import WatchStreamError


@pytest.mark.parametrize(
    ("error", "refusals", "verdict"),
    [
        (errors.SourceError("no route"), 0, Recovery("no route", is_shared=True)),
        (WatchStreamError("odd"), 0, Recovery("Pods: odd", needs_relist=True)),
        (
            WatchSilentError("silent"),
            0,
            Recovery("Pods: silent: listing again", is_expected=True, needs_relist=True),
        ),
        (
            RequestRefusedError(410, "too old"),
            1,
            Recovery(
                "Pods: the API server's history begins later: listing again",
                is_expected=True,
                needs_relist=True,
            ),
        ),
        (
            RequestRefusedError(500, "x", 7.0),
            1,
            Recovery("Pods: the API server refused (500): x", min_wait=7.0),
        ),
        (
            RequestRefusedError(500, "x"),
            2,
            Recovery("Pods: the API server refused (500): x", needs_relist=True),
        ),
        (
            UnexpectedError("unexpected: KeyError()"),
            0,
            Recovery("Pods: unexpected: KeyError()", needs_relist=True),
        ),
        (RequestRefusedError(429, "x"), 9, Recovery("the API server refused (429): x", is_shared=True)),
        (
            RequestRefusedError(401, "x"),
            9,
            Recovery(
                "the API server refused (401): x (its token or certificate is not accepted)", is_shared=True
            ),
        ),
    ],
)
def test_faults(error: errors.SourceError, refusals: int, verdict: Recovery) -> None:
    assert api_errors.classify("Pod", error, refusals) == verdict
