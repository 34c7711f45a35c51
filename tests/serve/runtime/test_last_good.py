"""The last configuration that could be served: whose it must be, and of which version."""

import logging
from pathlib import Path

import pytest

from svcdns.serve.runtime import last_good, launch_config
from svcdns.serve.runtime.launch_config import Launch
from tests.serve.runtime.test_runtime_config import ONE

FLAGS = {"config": "svcdns.yaml"}
KEPT = Launch(ONE, FLAGS, ("/svcdns.yaml",))


def test_the_same_flags_find_it(tmp_path: Path) -> None:
    assert last_good.load_last_good(tmp_path, FLAGS) is None
    launch_config.write(KEPT, tmp_path / last_good.FILE_NAME)
    assert last_good.load_last_good(tmp_path, FLAGS) == KEPT
    assert last_good.load_last_good(tmp_path, {"config": "other.yaml"}) is None


@pytest.mark.parametrize("text", ['{"plan": {}, "flags": {}, "files": []}', '{"config": {}}', "{", ""])
def test_one_of_another_version_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    file = tmp_path / last_good.FILE_NAME
    file.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert last_good.load_last_good(tmp_path, FLAGS) is None
    (record,) = caplog.records
    assert record.getMessage().startswith(f"ignoring {file}: another version of svcdns wrote it: ")


def test_one_that_another_could_have_written_is_not_used(tmp_path: Path) -> None:
    launch_config.write(KEPT, tmp_path / "elsewhere.json")
    (tmp_path / last_good.FILE_NAME).symlink_to(tmp_path / "elsewhere.json")
    assert last_good.load_last_good(tmp_path, FLAGS) is None
