"""The API server source over real HTTP: from lists and watches the sink ends with the API's objects."""

import asyncio
from pathlib import Path

import pytest

from svcdns.kube.objects import Change
from svcdns.sources.apiserver.api_server_source import ApiServerSource
from svcdns.sources.apiserver.options import ApiServerOptions
from tests import fake_apiserver
from tests.fake_apiserver import FakeApiServer
from tests.sources.apiserver.following import (
    Recorder,
    agrees,
    following,
    service,
    until,
)


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
            (change.kind, change.key[1], change.new_object is None) for push in sink.pushes for change in push
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
        removals = [push for push in sink.pushes if any(change.new_object is None for change in push)]
        assert [[change.key[1] for change in push] for push in removals] == [["s0"]]
        assert api.requests["list Service"] >= 7


async def test_what_changes_between_pages_is_watched(api: FakeApiServer, tmp_path: Path) -> None:
    """From the version of the first page, whatever the last one says."""
    api.between_pages = lambda: api.put(service("s0", "10.96.0.99"))
    async with following(api, tmp_path) as sink:
        await until(lambda: agrees(sink, api))
        assert sink.store.services[("default", "s0")].spec.cluster_ip == "10.96.0.99"


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
    settings = ApiServerOptions(resync_interval=0.3, watch_stable_after=0.05, page_objects=3)
    source = ApiServerSource(api.kubeconfig(tmp_path), kinds=("Service", "Namespace"), options=settings)
    sink = Recorder()
    task = asyncio.create_task(source.run(sink))
    await until(lambda: sink.synced_kinds == set(source.kinds))
    sink.store.apply(Change("Service", ("default", "s0"), None))
    await until(lambda: agrees(sink, api) and source.get_statuses()["Service"].drift == 1)
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
