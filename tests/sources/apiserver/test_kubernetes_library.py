"""kubernetes_asyncio without its models, and with sessions that look nowhere else."""

import subprocess
import sys

import pytest

from svcdns.sources.apiserver import kubernetes_library


def test_no_generated_model_is_imported() -> None:
    program = (
        "import sys; from svcdns.sources.apiserver import kubernetes_library; "
        "print(sum(name.startswith('kubernetes_asyncio.client.') for name in sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert int(printed) < 10


@pytest.mark.parametrize(
    ("no_proxy", "proxy"), [("", "http://proxy:3128"), ("api.example", None)], ids=["proxy", "no_proxy"]
)
async def test_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, proxy: str | None
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    configuration = kubernetes_library.Configuration()
    configuration.host = "https://api.example:6443"
    api = kubernetes_library.create_client(configuration)
    assert api.rest_client.proxy == proxy
    assert not api.rest_client.pool_manager.trust_env, "it reads no ~/.netrc"
    await api.close()
