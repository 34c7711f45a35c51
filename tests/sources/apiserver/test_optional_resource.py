"""Kinds that an API server may lack, or refuse: nothing waits for them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from svcdns.kube.objects import Kind
from tests.fake_apiserver import FakeApiServer, Object
from tests.sources.apiserver.following import (
    KINDS,
    QUICK,
    agrees,
    following,
    until,
)

NEWER, OLDER = (f"/apis/networking.k8s.io/{version}/servicecidrs" for version in ("v1", "v1beta1"))
WITH_CIDRS: tuple[Kind, ...] = (*KINDS, "ServiceCIDR")


def service_cidr(name: str) -> Object:
    return {"kind": "ServiceCIDR", "metadata": {"name": name}, "spec": {"cidrs": ["10.96.0.0/16"]}}


@pytest.mark.parametrize("refused", [{}, {NEWER: 404}], ids=["v1", "v1beta1"])
async def test_service_cidrs_of_either_version(
    api: FakeApiServer, tmp_path: Path, refused: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    api.refused_paths = refused
    await api.put(service_cidr("kubernetes"))
    async with following(api, tmp_path, kinds=WITH_CIDRS) as sink:
        assert set(sink.store.service_cidrs) == {("", "kubernetes")}
        await api.put(service_cidr("more"))
        await until(lambda: set(sink.store.service_cidrs) == {("", "kubernetes"), ("", "more")})
        await until(lambda: api.requests["watch ServiceCIDR"])
    assert "unexpected" not in caplog.text, "a list and a watch of it are as those of any kind"


async def test_a_kind_that_the_api_server_lacks_holds_nothing_up(api: FakeApiServer, tmp_path: Path) -> None:
    api.refused_paths = {NEWER: 404, OLDER: 404}
    async with following(api, tmp_path, replace(QUICK, resync_interval=0.2), kinds=WITH_CIDRS) as sink:
        assert agrees(sink, api)
        assert sink.reasons == []
        api.refused_paths = {}  # it was upgraded
        await api.put(service_cidr("kubernetes"))
        await until(lambda: sink.store.service_cidrs)


async def test_a_kind_that_may_be_lacking_is_not_waited_for(api: FakeApiServer, tmp_path: Path) -> None:
    """Its list fails for as long as this lasts; that it does is in its status."""
    api.refused_paths = {NEWER: 500}
    async with following(api, tmp_path, kinds=WITH_CIDRS) as sink:
        assert agrees(sink, api)
        assert sink.reasons == []
        api.refused_paths = {}
        await api.put(service_cidr("kubernetes"))
        await until(lambda: sink.store.service_cidrs)


async def test_rights_that_are_missing_for_it_are_said_once(
    api: FakeApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api.refused_paths = {NEWER: 403, OLDER: 403}
    async with following(api, tmp_path, kinds=WITH_CIDRS) as sink:
        assert agrees(sink, api)
        assert sink.reasons == []
        await until(lambda: "left out" in caplog.text)
    assert "ClusterRole" in caplog.messages[-1]
