"""Which source the settings ask for."""

import pytest

from svcdns.config import source
from svcdns.errors import ConfigError
from tests.config.loading import load


def test_the_source(tmp_path, monkeypatch):
    account = tmp_path / "account"
    assert source.source_of(load(manifests=["x"])) == "manifests"
    assert source.source_of(load(kubeconfig="x", context="dev")) == "kubeconfig"
    account.mkdir()
    (account / "token").write_text("t")
    with pytest.raises(ConfigError, match=r"--manifests PATH .* --kubeconfig FILE .* service account"):
        source.source_of(load(), account)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    assert source.source_of(load(), account) == "service account"
    with pytest.raises(ConfigError):
        source.source_of(load(), tmp_path / "none")
