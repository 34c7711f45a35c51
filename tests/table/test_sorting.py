"""Entries by key, whatever their number and order."""

import random

from hypothesis import given
from hypothesis import strategies as st

from svcdns.table import sorting

_ENTRIES = st.lists(st.tuples(st.binary(min_size=1, max_size=3), st.binary(max_size=3)))


@given(_ENTRIES, st.integers(1, 8))
def test_each_key_once_with_its_last_value(entries: list[tuple[bytes, bytes]], part: int) -> None:
    assert list(sorting.sort_entries(entries, part)) == sorted(dict(entries).items())


def test_many_of_one_kind_first() -> None:
    """What the first entries say of the ranges is wrong for those behind."""
    first = [b"a%06d" % number for number in range(sorting.BATCH_SIZE)]
    others = [b"%c%d" % (number % 256, number) for number in range(3 * sorting.BATCH_SIZE)]
    keys = first + random.Random(1).sample(others, len(others))
    assert [key for key, _ in sorting.sort_entries((key, b"") for key in keys)] == sorted(set(keys))
