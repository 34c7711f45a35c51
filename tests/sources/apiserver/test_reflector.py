"""An API server that is gone, silent, another one or refuses: the sink ends with its objects all the same."""

import ssl
from pathlib import Path

from msgspec.structs import replace

from tests import fake_apiserver
from tests.certificates import make_certificate
from tests.fake_apiserver import FakeApiServer, refusal
from tests.sources.apiserver.following import (
    QUICK,
    agrees,
    following,
    service,
    until,
)

QUICK_LOOK = replace(QUICK, credentials_check_interval=0.01)


async def test_a_restarted_server_is_followed_again(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        await api.stop()
        await until(lambda: sink.reasons)
        await api.put(service("meanwhile"))
        await api.start()
        await until(lambda: agrees(sink, api) and len(sink.synced_kinds) == 4)


async def test_an_api_server_from_a_backup_is_listed_anew(api: FakeApiServer, tmp_path: Path) -> None:
    """Its versions are older than the last one that was seen, and a watch from that tells nothing."""
    api.silent = True
    async with following(api, tmp_path, replace(QUICK, watch_quiet_timeout=60, stale_after=60)) as sink:
        backup = await api.save()
        await api.load([service(f"lost{n}") for n in range(5)])
        await until(lambda: agrees(sink, api))
        await api.stop()
        await api.restore(backup)
        await api.start()
        await until(lambda: agrees(sink, api))


async def test_a_version_that_comes_again_is_another_one(api: FakeApiServer, tmp_path: Path) -> None:
    """After a backup was restored an object may have the version that another state of it had."""
    async with following(api, tmp_path) as sink:
        backup = await api.save()
        await api.load([service("s0", "10.96.0.7"), service("lost")])
        await until(lambda: agrees(sink, api))
        await api.stop()
        await api.restore(backup)
        await api.put(service("s0", "10.96.0.8"))
        await api.start()
        await until(lambda: agrees(sink, api))
        assert sink.store.services[("default", "s0")].spec.cluster_ip == "10.96.0.8"


async def test_silence_is_a_new_list(api: FakeApiServer, tmp_path: Path) -> None:
    """Nothing is out of date as long as lists are answered: a watch may have nothing to tell."""
    async with following(api, tmp_path, replace(QUICK, stale_after=1.5)) as sink:
        api.frozen = True
        await api.put(service("meanwhile"))
        await until(lambda: agrees(sink, api))
        lists = api.requests["list Service"]
        await until(lambda: api.requests["list Service"] > lists + 18)  # for longer than that
        assert sink.reasons == []


async def test_silence_is_noticed_where_lists_are_not_answered(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        api.frozen, api.slowness = True, 60
        await until(lambda: any("silent" in reason for reason in sink.reasons))
        api.frozen, api.slowness = False, 0
        await until(lambda: len(sink.synced_kinds) == 4)


async def test_refusals_are_waited_out(api: FakeApiServer, tmp_path: Path) -> None:
    api.refuse = [
        refusal(429, "slow down", **{"Retry-After": "1"}),
        refusal(500, "oops"),
        refusal(503, "no leader"),
    ]
    async with following(api, tmp_path) as sink:
        assert agrees(sink, api)
        refused = {reason[:27] for reason in sink.reasons if "refused" in reason}
        assert refused == {f"the API server refused ({code}" for code in (429, 500, 503)}


async def test_a_refused_token_is_read_again(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        api.token = "another"
        api.drop()
        await until(lambda: any("401" in reason for reason in sink.reasons))
        path = tmp_path / "kubeconfig"
        path.write_text(path.read_text().replace(fake_apiserver.TOKEN, "another"))
        await api.put(service("after"))
        await until(lambda: agrees(sink, api))


async def test_another_cluster_is_listed_anew(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path, QUICK_LOOK) as sink, fake_apiserver.serving() as other:
        await other.put(service("elsewhere"))
        await other.put({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-2"}})
        other.kubeconfig(tmp_path)
        await api.stop()
        await until(lambda: agrees(sink, other) and sink.uid == "u-2")


async def test_https_with_its_own_ca(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with fake_apiserver.serving(context) as api:
        await api.put(service("secure"))
        async with following(api, tmp_path, ca=certificate) as sink:
            assert agrees(sink, api)
