"""Which source the settings ask for."""

from pathlib import Path

import pytest

from svcdns.config import object_source
from svcdns.errors import ConfigError
from tests.config.loading import load


def test_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = tmp_path / "account"
    assert object_source.choose_source(load(manifests=["x"])) == "manifests"
    assert object_source.choose_source(load(kubeconfig="x", context="dev")) == "kubeconfig"
    account.mkdir()
    (account / "token").write_text("t")
    with pytest.raises(ConfigError, match=r"--manifests PATH .* --kubeconfig FILE .* service account"):
        object_source.choose_source(load(), account)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    assert object_source.choose_source(load(), account) == "service account"
    with pytest.raises(ConfigError):
        object_source.choose_source(load(), tmp_path / "none")
