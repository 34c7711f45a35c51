"""The lines of a file's values."""

from pathlib import Path

import pytest

from svcdns.config import yaml_file
from svcdns.errors import ConfigError


def test_lines_of_nested_values() -> None:
    Path("nested.yaml").write_text("forward:\n  default:\n    - 1.1.1.1\n    -\n      to: 8.8.8.8\n")
    found = yaml_file.read_yaml(Path("nested.yaml"))
    assert found.values == {"forward": {"default": ["1.1.1.1", {"to": "8.8.8.8"}]}}
    assert found.location(("forward", "default", 1, "to")) == "nested.yaml:5"
    assert found.location(("forward", "default", 1, "port")) == "nested.yaml:5"
    assert found.location(("other",)) == "nested.yaml"


def test_a_file_without_end() -> None:
    with pytest.raises(ConfigError, match=r"/dev/zero: more than 8 MiB: this is no configuration"):
        yaml_file.read_yaml(Path("/dev/zero"))
