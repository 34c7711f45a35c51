"""A Launch as bytes, and with the error of newer files."""

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


def test_the_files_of_an_error_are_watched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = ConfigError("ttl: not a number", ("/svcdns.yaml", "other.yaml"))

    refused = launch_config.with_error(LAUNCH, error)
    assert refused.refused == "ttl: not a number"
    assert refused.files == ("/svcdns.yaml", str(tmp_path / "other.yaml"))
    assert (refused.config, refused.flags, refused.remarks) == (LAUNCH.config, LAUNCH.flags, LAUNCH.remarks)
