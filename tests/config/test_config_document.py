"""Places of values in a file of settings."""

from pathlib import Path

from svcdns.config import config_document
from svcdns.config.config_document import ConfigDocument


def test_a_place_is_that_of_the_nearest_value_with_a_line() -> None:
    document = ConfigDocument(Path("x.yaml"), {}, {("a",): 3, ("a", 1): 5})
    assert document.location(("a", 1)) == "x.yaml:5"
    assert document.location(("a", 0, "b")) == "x.yaml:3"
    assert document.location(("b",)) == "x.yaml"


def test_a_key_in_a_message_is_one_short_line() -> None:
    assert config_document.quote_key("ttl") == "ttl"
    assert config_document.quote_key("") == "''"
    assert config_document.quote_key("a\nb") == r"'a\nb'"
    assert config_document.quote_key("x" * 41) == repr("x" * 40)
