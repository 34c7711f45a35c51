"""How pydantic reads texts of settings."""

from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from svcdns.config import field_types


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        (field_types.Domains, "a.b, C.,", ("a.b", "c")),
        (field_types.Networks, "10.0.0.0/8", (ip_network("10.0.0.0/8"),)),
        (field_types.Labels, ["a", "b"], ("a", "b")),
    ],
)
def test_a_list_is_one_text_or_several(kind: Any, text: object, values: tuple[object, ...]) -> None:
    assert TypeAdapter(kind).validate_python(text) == values


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (field_types.Domains, "a, A.", "'a' is given twice"),
        (field_types.DisjointNetworks, "10.0.0.0/8,10.1.0.0/16", "overlap"),
        (field_types.DisjointNetworks, [], "at least one range is needed"),
        (field_types.OptionalPath, ["x"], "a list stands where one value was expected"),
        (field_types.OptionalText, "", "the text is empty"),
    ],
)
def test_what_is_refused(kind: Any, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(kind).validate_python(value)
