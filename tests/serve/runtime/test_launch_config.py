"""A Launch as bytes, as a file that nobody else can put there, and with the error of newer files."""

from pathlib import Path

import msgspec
import pytest

from svcdns.errors import ConfigError
from svcdns.serve.runtime import launch_config
from svcdns.serve.runtime.launch_config import Launch
from tests.serve.runtime.test_runtime_config import ONE

LAUNCH = Launch(
    ONE,
    {"config": "svcdns.yaml", "zone": ["cluster.local"], "no_endpoints": True},
    ("/svcdns.yaml",),
    remarks=((30, "Corefile:3: the plugin log is ignored"),),
)


def test_what_is_encoded_comes_back() -> None:
    assert launch_config.decode(launch_config.encode(LAUNCH)) == LAUNCH


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b'{"config": {}, "flags": {}, "files": []}'])
def test_bytes_of_another_version(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        launch_config.decode(data)


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "launch.json"
    path.write_text("an older one")
    path.chmod(0o666)

    launch_config.write(LAUNCH, path)
    assert launch_config.load(path) == LAUNCH
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["launch.json"]


def test_a_link_of_somebody_else_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("of somebody else")
    (tmp_path / "launch.json.new").symlink_to(target)

    launch_config.write(LAUNCH, tmp_path / "launch.json")
    assert target.read_text() == "of somebody else"
    assert not (tmp_path / "launch.json").is_symlink()
    assert launch_config.load(tmp_path / "launch.json") == LAUNCH


def test_a_file_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        launch_config.write(LAUNCH, tmp_path / "absent" / "launch.json")
    with pytest.raises(OSError, match="No such file"):
        launch_config.load(tmp_path / "launch.json")


def test_the_files_of_an_error_are_watched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = ConfigError("ttl: not a number", ("/svcdns.yaml", "other.yaml"))

    refused = launch_config.with_error(LAUNCH, error)
    assert refused.refused == "ttl: not a number"
    assert refused.files == ("/svcdns.yaml", str(tmp_path / "other.yaml"))
    assert (refused.config, refused.flags, refused.remarks) == (LAUNCH.config, LAUNCH.flags, LAUNCH.remarks)
