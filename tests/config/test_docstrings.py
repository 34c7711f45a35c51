"""Docstrings below fields."""

from svcdns.config import docstrings
from svcdns.forward.options import CacheOptions


class Sample:
    size: int = 1
    """How large.

    Indented.
    """
    other: int = 2


def test_the_text_below_a_field_is_its_own() -> None:
    assert docstrings.of_fields(Sample) == {"size": "How large.\n\nIndented."}


def test_every_setting_of_a_real_class_has_one() -> None:
    assert "MiB" in docstrings.of_fields(CacheOptions)["size"]
