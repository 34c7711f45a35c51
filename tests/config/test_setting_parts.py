"""The fields of a class become settings."""

from typing import Annotated, Literal, get_origin

from msgspec import Meta, Struct

from svcdns.config.setting_parts import Part
from svcdns.setting_types import PATHS, NotGiven, SameAs


class _Example(Struct, frozen=True, kw_only=True):
    size: Annotated[int, Meta(ge=1, le=9)] = 2
    """How large."""
    other: Annotated[int, Meta(ge=1, le=9), SameAs("size")] = 2
    """How large the other one is."""
    files: Annotated[tuple[str, ...], PATHS] = ("/a",)
    """Which."""
    kind: Literal["x", "y"] = "x"
    switch: bool = False
    is_default: Annotated[bool, NotGiven("size")] = True
    derived: float = 1.0


def test_a_class_is_all_that_a_setting_needs() -> None:
    part = Part(_Example, "ex_", {"switch": "on"})
    assert [setting.key for setting in part.settings] == ["ex_size", "ex_other", "ex_files", "ex_kind", "on"]
    assert [setting.help for setting in part.settings][:3] == [
        "How large.",
        "How large the other one is.",
        "Which.",
    ]
    assert part.not_given == {"is_default": "ex_size"}
    assert get_origin(part.settings[3].annotation) is Literal
