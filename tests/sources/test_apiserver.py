"""The API server source over real HTTP: whatever happens, the sink ends with the API's objects."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from svcdns import errors
from svcdns.kube.objects import TYPES, Change, Kept, Key, Kind
from svcdns.kube.store import Store
from svcdns.sources.apiserver.settings import Settings
from svcdns.sources.apiserver.source import ApiServerSource, Listing, fetch
from tests import fake_apiserver
from tests.certificates import make_certificate
from tests.fake_apiserver import FakeApiServer, Object, refusal

QUICK = Settings(
    connect=1,
    page=2,
    quiet=0.3,
    silence=0.4,
    optional=0.2,
    settled=0.05,
    backoff=(0.01, 0.05),
    retry_after=0.3,
    page_objects=3,
)
QUICK_LOOK = replace(QUICK, credentials=0.01)
PATIENCE = 10
KINDS: tuple[Kind, ...] = ("Service", "EndpointSlice", "Namespace", "Pod")


class Recorder:
    """A sink that remembers what it was told."""

    def __init__(self) -> None:
        self.store = Store()
        self.pushes: list[list[Change]] = []
        self.synced_kinds: set[Kind] = set()
        self.reasons: list[str] = []
        self.uid = ""
        self.removed_before_whole = False

    def objects(self, kind: Kind) -> Mapping[Key, Kept]:
        return self.store.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        if changes:
            self.pushes.append(changes)
        for change in changes:
            self.store.apply(change)

    def synced(self, kind: Kind) -> None:
        self.synced_kinds.add(kind)

    def stale(self, kind: Kind, reason: str) -> None:
        self.synced_kinds.discard(kind)
        self.reasons.append(reason)

    def identity(self, uid: str) -> None:
        self.uid = uid


@contextlib.asynccontextmanager
async def following(
    api: FakeApiServer,
    folder: Path,
    settings: Settings = QUICK,
    ca: Path | None = None,
    kinds: tuple[Kind, ...] = KINDS,
) -> AsyncIterator[Recorder]:
    """A source that feeds a recorder, until the end; synced when this begins."""
    source = ApiServerSource(api.kubeconfig(folder, ca), kinds=kinds, settings=settings)
    sink = Recorder()
    task = asyncio.create_task(source.run(sink))
    try:
        await until(lambda: sink.synced_kinds == set(source.kinds))
        yield sink
        assert not task.done(), "the source ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: object) -> None:
    """Wait for a condition, a bounded time."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def service(name: str, address: str = "10.96.0.1", **metadata: object) -> Object:
    meta = {"name": name, "namespace": "default", **metadata}
    return {"kind": "Service", "metadata": meta, "spec": {"clusterIP": address, "clusterIPs": [address]}}


def agrees(sink: Recorder, api: FakeApiServer) -> bool:
    """The sink has the API's objects, each in its last version."""
    found = {
        (kind, *key): obj.metadata.resource_version
        for kind in TYPES
        for key, obj in sink.store.objects(kind).items()
    }
    return found == {key: obj["metadata"]["resourceVersion"] for key, obj in api.objects.items()}


@pytest.fixture
async def api() -> AsyncIterator[FakeApiServer]:
    async with fake_apiserver.serving() as server:
        await server.load([service(f"s{n}") for n in range(8)])
        await server.put({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-1"}})
        yield server


async def test_a_list_in_pages_then_events(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        assert agrees(sink, api)
        assert api.requests["list Service"] == 3
        assert sink.uid == "u-1"
        await api.put(service("new"))
        await api.put(service("s0", "10.96.0.9"))
        await api.delete("Service", "default", "s1")
        await until(lambda: agrees(sink, api))


async def test_events_that_come_together_are_pushed_together(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        sink.pushes.clear()
        await api.load([service(f"burst{n}") for n in range(50)])
        await until(lambda: agrees(sink, api))
        assert len(sink.pushes) < 25


async def test_a_cut_watch_goes_on_where_it_was(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        await until(lambda: api.requests["watch Service"])
        lists = api.requests["list Service"]
        api.drop()
        await api.put(service("while-away"))
        await until(lambda: agrees(sink, api))
        assert api.requests["list Service"] <= lists + 1, "no more than one object, for its resourceVersion"


async def test_half_an_event_is_asked_for_again(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        api.half_event = True
        await api.put(service("half"))
        await until(lambda: agrees(sink, api))


async def test_a_lost_history_is_a_new_list_that_tells_only_differences(
    api: FakeApiServer, tmp_path: Path
) -> None:
    async with following(api, tmp_path) as sink:
        await api.stop()
        await api.delete("Service", "default", "s2")
        await api.put(service("s3", "10.96.0.33"))
        api.compact()
        sink.pushes.clear()
        await api.start()
        await until(lambda: agrees(sink, api) and len(sink.synced_kinds) == 4)
        told = {
            (change.kind, change.key[1], change.object is None) for push in sink.pushes for change in push
        }
        assert told == {("Service", "s2", True), ("Service", "s3", False)}


async def test_nothing_is_removed_before_the_list_is_whole(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path) as sink:
        await api.delete("Service", "default", "s7")
        await until(lambda: agrees(sink, api))
        sink.pushes.clear()
        await api.stop()
        await api.delete("Service", "default", "s0")
        api.compact()
        api.pages_until_expiry = 1
        await api.start()
        await until(lambda: agrees(sink, api))
        removals = [push for push in sink.pushes if any(change.object is None for change in push)]
        assert [[change.key[1] for change in push] for push in removals] == [["s0"]]
        assert api.requests["list Service"] >= 7


async def test_what_changes_between_pages_is_watched(api: FakeApiServer, tmp_path: Path) -> None:
    """From the version of the first page, whatever the last one says."""
    api.between_pages = lambda: api.put(service("s0", "10.96.0.99"))
    async with following(api, tmp_path) as sink:
        await until(lambda: agrees(sink, api))
        assert sink.store.services[("default", "s0")].spec.cluster_ip == "10.96.0.99"


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
    async with following(api, tmp_path, replace(QUICK, quiet=60, silence=60)) as sink:
        backup = await api.save()
        await api.load([service(f"lost{n}") for n in range(5)])
        await until(lambda: agrees(sink, api))
        await api.stop()
        await api.restore(backup)
        await api.start()
        await until(lambda: agrees(sink, api))


async def test_silence_is_a_new_list(api: FakeApiServer, tmp_path: Path) -> None:
    """Nothing is out of date as long as lists are answered: a watch may have nothing to tell."""
    async with following(api, tmp_path) as sink:
        api.frozen = True
        await api.put(service("meanwhile"))
        await until(lambda: agrees(sink, api))
        lists = api.requests["list Service"]
        await until(lambda: api.requests["list Service"] > lists + 6)
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


async def test_an_object_that_cannot_be_read_keeps_its_last_good_version(
    api: FakeApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(api, tmp_path) as sink:
        bad = service("s4")
        bad["spec"]["ports"] = "many"
        await api.put(bad)
        await api.put(service("s5", "10.96.0.55"))
        await until(lambda: sink.store.services[("default", "s5")].spec.cluster_ip == "10.96.0.55")
        assert sink.store.services[("default", "s4")].spec.cluster_ip == "10.96.0.1"
        api.compact()
        api.drop()
        await api.put(service("s6", "10.96.0.66"))
        api.compact()
        await until(lambda: sink.store.services[("default", "s6")].spec.cluster_ip == "10.96.0.66")
        assert ("default", "s4") in sink.store.services
        assert caplog.text.count("Service default/s4 cannot be read") == 1
        await api.put(service("s4", "10.96.0.44"))
        await until(lambda: agrees(sink, api))


async def test_a_missed_event_is_found_by_the_next_list(api: FakeApiServer, tmp_path: Path) -> None:
    settings = Settings(resync=0.3, settled=0.05, page_objects=3)
    source = ApiServerSource(api.kubeconfig(tmp_path), kinds=("Service", "Namespace"), settings=settings)
    sink = Recorder()
    task = asyncio.create_task(source.run(sink))
    await until(lambda: sink.synced_kinds == set(source.kinds))
    sink.store.apply(Change("Service", ("default", "s0"), None))
    await until(lambda: agrees(sink, api) and source.status()["Service"].drift == 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    "words",
    [fake_apiserver.line("ERROR", {"code": 504, "message": "Too large resource version"}), b"no JSON\n"],
    ids=["an ERROR event", "no event"],
)
async def test_a_watch_that_cannot_go_on_is_a_new_list(
    api: FakeApiServer, tmp_path: Path, words: bytes
) -> None:
    async with following(api, tmp_path) as sink:
        lists = api.requests["list Service"]
        api.last_words = [words] * 4
        api.drop()
        await api.put(service("after"))
        await until(lambda: agrees(sink, api) and api.requests["list Service"] > lists)


async def test_watches_that_end_at_once_are_not_opened_in_a_loop(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path):
        api.end_watches = True
        api.drop()
        await until(lambda: api.requests["watch Service"] > 3)
        before = api.requests["watch Service"]
        await asyncio.sleep(0.3)
        assert api.requests["watch Service"] - before < 60, "there is no wait between them"


async def test_another_cluster_is_listed_anew(api: FakeApiServer, tmp_path: Path) -> None:
    async with following(api, tmp_path, QUICK_LOOK) as sink, fake_apiserver.serving() as other:
        await other.put(service("elsewhere"))
        await other.put({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-2"}})
        other.kubeconfig(tmp_path)
        await api.stop()
        await until(lambda: agrees(sink, other) and sink.uid == "u-2")


NEWER, OLDER = (f"/apis/networking.k8s.io/{version}/servicecidrs" for version in ("v1", "v1beta1"))
WITH_CIDRS: tuple[Kind, ...] = (*KINDS, "ServiceCIDR")


def service_cidr(name: str) -> Object:
    return {"kind": "ServiceCIDR", "metadata": {"name": name}, "spec": {"cidrs": ["10.96.0.0/16"]}}


@pytest.mark.parametrize("refused", [{}, {NEWER: 404}], ids=["v1", "v1beta1"])
async def test_service_cidrs_of_either_version(
    api: FakeApiServer, tmp_path: Path, refused: dict[str, int]
) -> None:
    api.refused_paths = refused
    await api.put(service_cidr("kubernetes"))
    async with following(api, tmp_path, kinds=WITH_CIDRS) as sink:
        assert set(sink.store.service_cidrs) == {("", "kubernetes")}
        await api.put(service_cidr("more"))
        await until(lambda: set(sink.store.service_cidrs) == {("", "kubernetes"), ("", "more")})


async def test_a_kind_that_the_api_server_lacks_holds_nothing_up(api: FakeApiServer, tmp_path: Path) -> None:
    api.refused_paths = {NEWER: 404, OLDER: 404}
    async with following(api, tmp_path, replace(QUICK, resync=0.2), kinds=WITH_CIDRS) as sink:
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


async def test_https_with_its_own_ca(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with fake_apiserver.serving(context) as api:
        await api.put(service("secure"))
        async with following(api, tmp_path, ca=certificate) as sink:
            assert agrees(sink, api)


async def test_fetch_gives_the_objects_as_they_are(api: FakeApiServer, tmp_path: Path) -> None:
    found = await fetch(api.kubeconfig(tmp_path), None, [Listing("Service")])
    assert len(found.objects["Service"]) == 8 and not found.refused


async def test_fetch_goes_on_without_what_is_optional(api: FakeApiServer, tmp_path: Path) -> None:
    api.refuse = [fake_apiserver.refusal(403, "namespaces is forbidden"), None]
    wanted = [Listing("Namespace", optional=True), Listing("Service")]
    found = await fetch(api.kubeconfig(tmp_path), None, wanted)
    assert list(found.objects) == ["Service"]
    assert [str(error) for error in found.refused.values()] == [
        "the API server refused (403): namespaces is forbidden"
    ]
    api.refuse = [fake_apiserver.refusal(403, "services is forbidden")]
    with pytest.raises(errors.SourceError, match="services is forbidden"):
        await fetch(api.kubeconfig(tmp_path), None, [Listing("Service")])


def test_without_kubeconfig_and_outside_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(errors.ConfigError, match="no Pod of a cluster"):
        ApiServerSource(None, kinds=tuple(TYPES))
