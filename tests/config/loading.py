"""Loads settings as the command line does."""

from pathlib import Path

import pytest

from svcdns.config import loader
from svcdns.config.settings import Settings
from svcdns.errors import ConfigError


def load(text: str | None = None, **flags: object) -> Settings:
    """The settings of a file with this text and of these flags."""
    if text is not None:
        Path("svcdns.yaml").write_text(text)
        flags["config"] = "svcdns.yaml"
    return loader.load_settings(flags)


def error(text: str | None = None, **flags: object) -> str:
    """What is said of them."""
    with pytest.raises(ConfigError) as raised:
        load(text, **flags)
    assert raised.value.exit_code == 2
    return str(raised.value)
