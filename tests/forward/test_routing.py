"""Routes: the longest suffix by labels, against a naive reading."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names
from svcdns.forward import routing
from svcdns.forward.options import Route, Upstream

LABELS = st.lists(st.sampled_from((b"a", b"b", b"ab", b"a\1b", b"\1a", b"corp")), max_size=5)
NAMES = LABELS.map(names.from_labels)
A, B, C = (Upstream(f"192.0.2.{number}") for number in (1, 2, 3))


@given(NAMES, st.sets(NAMES))
def test_the_longest_suffix_by_labels(name: bytes, suffixes: set[bytes]) -> None:
    labels = names.to_labels(name)
    above = [names.from_labels(labels[at:]) for at in range(len(labels) + 1)]
    wanted = next((one for one in above if one in suffixes), None)
    assert routing.longest_suffix_match({suffix: suffix for suffix in suffixes}, name) == wanted


def test_text_that_ends_alike_is_no_suffix() -> None:
    found = {names.from_text(text): text for text in ("corp.example.", "example.", ".")}
    assert routing.longest_suffix_match(found, names.from_text("evilcorp.example.")) == "example."
    assert routing.longest_suffix_match(found, names.from_text("a.corp.example.")) == "corp.example."
    assert routing.longest_suffix_match(found, names.from_labels([b"x\4corp", b"example"])) == "example."
    assert routing.longest_suffix_match(found, names.from_text("example.com.")) == "."


def test_one_route_per_suffix() -> None:
    root, corp = names.ROOT, names.from_text("corp.")
    given_routes = (
        Route(root, (A, B)),
        Route(corp, (A,), ("/one",)),
        Route(root, (B, C)),
        Route(corp, (), ("/one", "/two")),
    )
    assert routing.merge_routes(given_routes) == (Route(root, (A, B, C)), Route(corp, (A,), ("/one", "/two")))
