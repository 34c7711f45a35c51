"""The last configuration that could be served: whose it must be, and of which version."""

import logging
from pathlib import Path

import pytest

from svcdns.serve import lastgood, launch
from svcdns.serve.launch import Launch
from tests.serve.test_runtime_config import ONE

FLAGS = {"config": "svcdns.yaml"}
KEPT = Launch(ONE, FLAGS, ("/svcdns.yaml",))


def test_the_same_flags_find_it(tmp_path: Path) -> None:
    assert lastgood.find(tmp_path, FLAGS) is None
    launch.write(KEPT, tmp_path / lastgood.FILE)
    assert lastgood.find(tmp_path, FLAGS) == KEPT
    assert lastgood.find(tmp_path, {"config": "other.yaml"}) is None


@pytest.mark.parametrize("text", ['{"plan": {}, "flags": {}, "files": []}', '{"config": {}}', "{", ""])
def test_one_of_another_version_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    file = tmp_path / lastgood.FILE
    file.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert lastgood.find(tmp_path, FLAGS) is None
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{file} is not used: it is of another version of svcdns: ")


def test_one_that_another_could_have_written_is_not_used(tmp_path: Path) -> None:
    launch.write(KEPT, tmp_path / "elsewhere.json")
    (tmp_path / lastgood.FILE).symlink_to(tmp_path / "elsewhere.json")
    assert lastgood.find(tmp_path, FLAGS) is None
