"""What commands read from an API server, once."""

from pathlib import Path

import pytest

from svcdns import errors
from svcdns.kube.objects import OBJECT_TYPES
from svcdns.sources.apiserver.api_server_source import ApiServerSource
from svcdns.sources.apiserver.fetch_objects import ListRequest, fetch_objects
from tests import fake_apiserver
from tests.fake_apiserver import FakeApiServer


async def test_fetch_gives_the_objects_as_they_are(api: FakeApiServer, tmp_path: Path) -> None:
    found = await fetch_objects(api.kubeconfig(tmp_path), None, [ListRequest("Service")])
    assert len(found.objects["Service"]) == 8 and not found.refusals


async def test_fetch_goes_on_without_what_is_optional(api: FakeApiServer, tmp_path: Path) -> None:
    api.refuse = [fake_apiserver.refusal(403, "namespaces is forbidden"), None]
    wanted = [ListRequest("Namespace", is_optional=True), ListRequest("Service")]
    found = await fetch_objects(api.kubeconfig(tmp_path), None, wanted)
    assert list(found.objects) == ["Service"]
    assert [str(error) for error in found.refusals.values()] == [
        "the API server refused (403): namespaces is forbidden"
    ]
    api.refuse = [fake_apiserver.refusal(403, "services is forbidden")]
    with pytest.raises(errors.SourceError, match="services is forbidden"):
        await fetch_objects(api.kubeconfig(tmp_path), None, [ListRequest("Service")])


def test_without_kubeconfig_and_outside_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(errors.ConfigError, match="not a Pod of a cluster"):
        ApiServerSource(None, kinds=tuple(OBJECT_TYPES))
