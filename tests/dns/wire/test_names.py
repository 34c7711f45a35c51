"""Names: text and wire lead to each other, and "below" is meant by labels."""

import dns.exception
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names
from svcdns.errors import DomainNameError

LABEL = st.binary(min_size=1, max_size=63)
NAMES = st.lists(
    st.one_of(LABEL, st.sampled_from((b"svc", b"SVC", b"a", b"\0", b".", b"\\", b"\xff"))), max_size=8
)


def wire(labels: list[bytes]) -> bytes:
    """The labels as a name, the first ones left out where it would be too long."""
    name = b"\0"
    for label in reversed(labels):
        if len(name) + len(label) + 1 <= names.MAX_NAME_LENGTH:
            name = bytes((len(label),)) + label + name
    return name


WIRE = NAMES.map(wire)


@given(WIRE)
def test_text_leads_back_to_the_same_name(name: bytes) -> None:
    assert names.from_text(names.to_text(name)) == name


@given(WIRE)
def test_text_is_read_alike_by_another_reader(name: bytes) -> None:
    assert dns.name.from_text(names.to_text(name)).to_wire() == name


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80))
def test_text_of_a_zone_file_is_read_as_another_reader_does(text: str) -> None:
    try:
        expected = dns.name.from_text(text, dns.name.root).to_wire() if text not in ("", "@") else None
    except (dns.exception.DNSException, ValueError, TypeError):
        return
    if expected is not None:
        assert names.from_text(text) == expected


@pytest.mark.parametrize(
    "text",
    ["a..b", ".a", "..", "a" * 64, "a." * 128, r"a\25", r"\256.a", "a\\", "\\", "ä" * 32],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(DomainNameError):
        names.from_text(text)


def test_the_longest_name() -> None:
    longest = ("a" * 63 + ".") * 3 + "a" * 61
    assert len(names.from_text(longest)) == names.MAX_NAME_LENGTH
    with pytest.raises(DomainNameError):
        names.from_text(longest + "a")
    with pytest.raises(DomainNameError):
        names.prepend_label(b"a", names.from_text(longest))
    with pytest.raises(DomainNameError):
        names.from_labels([b"a"], names.from_text(longest))


@given(st.lists(LABEL), WIRE)
def test_many_labels_are_put_before_a_name_as_each_is(labels: list[bytes], above: bytes) -> None:
    try:
        expected = [names.prepend_label(label, above) for label in labels]
    except DomainNameError:
        with pytest.raises(DomainNameError):
            names.prepend_labels(labels, above)
    else:
        assert names.prepend_labels(labels, above) == expected


@given(WIRE, WIRE)
def test_below_is_meant_by_labels(name: bytes, suffix: bytes) -> None:
    below = dns.name.from_wire(name, 0)[0]
    above = dns.name.from_wire(suffix, 0)[0]
    assert names.is_subdomain(name.lower(), suffix.lower()) == below.is_subdomain(above)
    assert names.is_subdomain(name, name)
    assert names.is_subdomain(name, b"\0")


def test_bytes_that_look_like_a_suffix_are_not_below() -> None:
    suffix = names.from_text("svc.cluster.local.")
    within_a_label = names.from_labels([b"web\3svc"], names.from_text("cluster.local."))
    assert within_a_label.endswith(suffix)
    assert not names.is_subdomain(within_a_label, suffix)
    assert not names.is_subdomain(names.from_text("xsvc.cluster.local."), suffix)


@given(WIRE)
def test_labels_and_parents(name: bytes) -> None:
    labels = names.to_labels(name)
    assert names.from_labels(labels) == name
    assert names.from_labels(labels[1:]) == names.parent(name)
    if labels:
        assert names.prepend_label(labels[0], names.parent(name)) == name


@given(WIRE, WIRE)
def test_what_lies_below_has_the_reversed_name_as_its_start(name: bytes, above: bytes) -> None:
    start = names.reverse_labels(above)
    assert names.reverse_labels(name).startswith(start) == names.is_subdomain(name, above)


@given(st.ip_addresses())
def test_reverse_names(address: object) -> None:
    assert names.to_text(names.reverse_name(address.packed)) == address.reverse_pointer + "."  # type: ignore[attr-defined]


@given(st.text(max_size=70))
def test_a_label_stands_as_it_is(text: str) -> None:
    if names.is_label(text):
        assert names.to_labels(names.from_text_labels([text])) == [text.lower().encode()]
