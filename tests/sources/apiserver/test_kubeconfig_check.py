"""The mistakes in a kubeconfig, and the files that it refers to."""

from pathlib import Path

import pytest
import yaml

from svcdns import errors
from svcdns.sources.apiserver import credentials, kubeconfig_check
from tests.fake_apiserver import FakeApiServer


def server(address: str) -> dict[str, object]:
    return {"clusters": [{"name": "c", "cluster": {"server": address}}]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"current-context": "nope"}, "no context 'nope'; its contexts: test"),
        ({"current-context": ""}, "no current-context: choose with --context; its contexts: test"),
        ({"clusters": []}, "names an unknown cluster 'c'"),
        ({"clusters": 7}, "is not a kubeconfig"),
        (server("api:6443"), "server 'api:6443' must be an address such as https://HOST:PORT"),
        (server("https://[fd00"), "server 'https://[fd00' must be an address such as https://HOST:PORT"),
    ],
)
async def test_a_kubeconfig_that_leads_nowhere(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = FakeApiServer().kubeconfig(tmp_path)
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
    with pytest.raises(errors.ConfigError) as raised:
        credentials.Kubeconfig(path, None, 1.0)
    assert all(part in str(raised.value) for part in message.split("; "))


def test_the_files_that_it_refers_to(tmp_path: Path) -> None:
    for name in ("ca.crt", "token"):
        (tmp_path / name).write_text("x")
    path = tmp_path / "config"
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [
            {"name": "c", "cluster": {"server": "https://api:6443", "certificate-authority": "ca.crt"}}
        ],
        "users": [{"name": "u", "user": {"tokenFile": "token", "client-key": "no.key"}}],
    }
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(errors.ConfigError, match=r"client-key .*no\.key cannot be read: No such file"):
        kubeconfig_check.check_kubeconfig(path, None)

    config["users"] = [{"name": "u", "user": {"tokenFile": "token"}}]
    path.write_text(yaml.safe_dump(config))
    assert kubeconfig_check.check_kubeconfig(path, "c") == (path, tmp_path / "ca.crt", tmp_path / "token")


def test_over_https_a_user_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    for address in ("http://localhost:8001", "https://localhost:6443"):
        path.write_text(
            yaml.safe_dump(
                server(address)
                | {"current-context": "t", "contexts": [{"name": "t", "context": {"cluster": "c"}}]}
            )
        )
        if address.startswith("https"):
            with pytest.raises(errors.ConfigError, match="context 't' needs a user"):
                kubeconfig_check.check_kubeconfig(path, None)
        else:
            assert kubeconfig_check.check_kubeconfig(path, None) == (path,)
