"""The last configuration that could be served: whose it must be, of which version, and for which flags."""

import logging
import os
from pathlib import Path

import pytest

from svcdns.serve.runtime import last_good, launch_config
from svcdns.serve.runtime.launch_config import Launch
from tests.serve.runtime.test_runtime_config import ONE

FLAGS = {"config": "svcdns.yaml"}
KEPT = Launch(ONE, FLAGS, ("/svcdns.yaml",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return last_good.path_of(tmp_path / "state", FLAGS, {})


def write(path: Path, data: bytes) -> None:
    """As an earlier server left it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(data)


def test_the_same_flags_find_it(path: Path) -> None:
    assert last_good.load_last_good(path, FLAGS) is None
    last_good.save_last_good(path, KEPT)
    assert last_good.load_last_good(path, FLAGS) == KEPT
    assert last_good.load_last_good(path, {"config": "other.yaml"}) is None


def test_other_flags_variables_and_folders_have_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--config svcdns.yaml` is another file elsewhere."""
    flag_sets = [{}, FLAGS, {**FLAGS, "ttl": "7"}]
    paths = [
        last_good.path_of(tmp_path, flags, variables)
        for flags in flag_sets
        for variables in ({}, {"listen": "127.0.0.1:5353"})
    ]
    monkeypatch.chdir(tmp_path)
    paths += [last_good.path_of(tmp_path, flags, {}) for flags in flag_sets]
    assert len(set(paths)) == len(paths)
    assert last_good.path_of(tmp_path, dict(reversed(flag_sets[-1].items())), {}) == paths[-1]


def test_a_folder_that_was_removed_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert last_good.path_of(tmp_path, FLAGS, {}).parent == tmp_path / "configurations"


@pytest.mark.parametrize("data", [b'{"plan": {}, "flags": {}, "files": []}', b'{"config": {}}', b"{", b""])
def test_one_of_another_version_is_not_used(
    path: Path, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    write(path, data)
    with caplog.at_level(logging.WARNING):
        assert last_good.load_last_good(path, FLAGS) is None
    (record,) = caplog.records
    assert record.getMessage().startswith(f"ignoring {path}: another version of svcdns wrote it: ")


def test_a_file_is_for_its_owner_alone(path: Path) -> None:
    write(path, b"an older one")
    path.chmod(0o666)

    last_good.save_last_good(path, KEPT)
    assert last_good.load_last_good(path, FLAGS) == KEPT
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_links_are_not_followed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = path.parents[1] / "elsewhere.json"
    write(path, b"")
    elsewhere.write_bytes(launch_config.encode(KEPT))
    path.unlink()
    path.symlink_to(elsewhere)
    path.with_name(f"{path.name}.new").symlink_to(elsewhere)
    with caplog.at_level(logging.WARNING):
        assert last_good.load_last_good(path, FLAGS) is None
    assert f"ignoring {path}: Too many levels of symbolic links" in caplog.text

    last_good.save_last_good(path, Launch(ONE, FLAGS, ("/other.yaml",)))
    assert launch_config.decode(elsewhere.read_bytes()) == KEPT
    assert not path.is_symlink()


def test_a_folder_that_leads_elsewhere_is_refused(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = path.parents[1] / "elsewhere"
    write(elsewhere / path.name, launch_config.encode(KEPT))
    path.parent.symlink_to(elsewhere)
    with caplog.at_level(logging.WARNING):
        assert last_good.load_last_good(path, FLAGS) is None
    assert f"ignoring {path}: it is a symbolic link" in caplog.text
    with pytest.raises(OSError, match="it is a symbolic link"):
        last_good.save_last_good(path, KEPT)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="File exists"):
        last_good.save_last_good(last_good.path_of(tmp_path / "file", FLAGS, {}), KEPT)


def test_only_the_newest_ones_are_kept(tmp_path: Path) -> None:
    paths = [last_good.path_of(tmp_path, {"ttl": str(number)}, {}) for number in range(20)]
    for number, path in enumerate(paths):
        last_good.save_last_good(path, KEPT)
        # A day apart, and long ago: the next one is newer.
        os.utime(path, (number * 86_400, number * 86_400))

    assert {path for path in paths if path.exists()} == set(paths[-last_good.MAX_FILES :])
