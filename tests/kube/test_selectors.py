"""Label selectors: the syntax of Kubernetes, and errors that say where."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.errors import ConfigError
from svcdns.kube import selectors

LABELS = {"app": "web", "tier": "front", "example.com/part-of": "shop", "empty": ""}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "app=web",
        "app == web , tier!=back",
        "app in (api, web)",
        "app in(web)",
        "app notin (api)",
        "absent notin (api)",
        "absent != x",
        "tier",
        "!absent",
        "! absent,app",
        "example.com/part-of=shop",
        "empty=",
        "empty in (,x)",
        "app in (web),tier notin (back,middle),!gone",
    ],
)
def test_matches(text: str) -> None:
    assert selectors.parse(text).matches(LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "app=api",
        "app!=web",
        "app in (api,db)",
        "tier notin (front)",
        "absent",
        "!app",
        "absent=",
        "app=web,!tier",
    ],
)
def test_does_not_match(text: str) -> None:
    assert not selectors.parse(text).matches(LABELS)


def test_object_without_labels() -> None:
    assert selectors.parse("!app").matches(None)
    assert not selectors.parse("app").matches(None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("app=web,", "a label's key expected at column 9, found the end"),
        (",app", "a label's key expected at column 1, found ','"),
        ("app in web", "'(' expected at column 8, found 'web'"),
        ("app in ()", "a value expected at column 9, found ')'"),
        ("app in (a", "')' expected at column 10, found the end"),
        ("app in (a b)", "')' expected at column 11, found 'b'"),
        ("app web", "'=', '!=', 'in', 'notin' or ',' expected at column 5, found 'web'"),
        ("size>3", "'=', '!=', 'in', 'notin' or ',' expected at column 5, found '>'"),
        ("app=web tier", "',' expected at column 9, found 'tier'"),
        ("app=(web)", "a value expected at column 5, found '('"),
        ("a/b/c=1", "prefix part must be a DNS name"),
        ("app=we&b", "'we&b': must be up to 63"),
        ("!", "a label's key expected at column 2, found the end"),
    ],
)
def test_errors_say_what_and_where(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"^label selector ") as caught:
        selectors.parse(text)
    assert message in str(caught.value)


@given(st.text(alphabet="ab=!(),< in\tnot./-é", max_size=30))
def test_only_documented_errors(text: str) -> None:
    with suppress(ConfigError):
        selectors.parse(text).matches({"a": "b"})
