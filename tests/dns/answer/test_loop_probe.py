"""Loop probes: whoever has the key knows its own, in any spelling, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.answer import loop_probe
from svcdns.dns.wire import names
from svcdns.errors import DomainNameError
from tests.dns.wire.test_names import WIRE

KEY = st.binary(min_size=1, max_size=64)
NONCE = st.binary(min_size=loop_probe.NONCE_SIZE, max_size=loop_probe.NONCE_SIZE)
SUFFIX = WIRE.map(bytes.lower).filter(lambda name: len(name) < 150)


@given(KEY, NONCE, SUFFIX)
def test_a_probe_is_known_again(key: bytes, nonce: bytes, suffix: bytes) -> None:
    name = loop_probe.probe_name(key, nonce, suffix)
    assert names.is_subdomain(name, suffix)
    assert name == name.lower()
    assert names.from_text(names.to_text(name)) == name
    assert loop_probe.is_own_probe(key, name)


@given(KEY, KEY, NONCE)
def test_another_key_makes_other_probes(key: bytes, other: bytes, nonce: bytes) -> None:
    # HMAC pads a key with zeros: keys that differ in them alone are one key.
    assert loop_probe.is_own_probe(other, loop_probe.probe_name(key, nonce)) == (
        key.rstrip(b"\0") == other.rstrip(b"\0")
    )


@given(KEY, NONCE, st.integers(0, 66), st.integers(1, 255))
def test_a_changed_probe_is_none(key: bytes, nonce: bytes, at: int, change: int) -> None:
    name = bytearray(loop_probe.probe_name(key, nonce))
    name[at] ^= change
    assert not loop_probe.is_own_probe(key, bytes(name))


@given(KEY, WIRE)
def test_no_other_name_is_a_probe(key: bytes, name: bytes) -> None:
    assert not loop_probe.is_own_probe(key, name)


@given(KEY, st.binary(max_size=80))
def test_any_label_before_the_mark(key: bytes, label: bytes) -> None:
    mark = names.from_text("svcdns-loop-probe.")
    assert not loop_probe.is_own_probe(key, bytes((48,)) + label[:48].ljust(48, b" ") + mark)


def test_a_suffix_that_leaves_no_room() -> None:
    with pytest.raises(DomainNameError):
        loop_probe.probe_name(b"key", bytes(loop_probe.NONCE_SIZE), names.from_text("a." * 100))
