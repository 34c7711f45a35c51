"""The manifests as a source, on real files: each edit arrives as a difference."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from svcdns.errors import ManifestError
from svcdns.kube.manifests.manifest_objects import to_stored_object
from svcdns.kube.objects import Change, Key, Kind, Pod, Service, StoredObject
from svcdns.sources import ObjectSink, ObjectSource
from svcdns.sources.manifests import ManifestFileSet
from svcdns.sources.manifests.manifest_source import ManifestSource, compute_changes
from tests.patience import PATIENCE

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec:\n  ports:\n  - port: %s\n"


class Recorder:
    """A sink that remembers what it was told, in order, as text."""

    def __init__(self) -> None:
        self.known: dict[Kind, dict[Key, StoredObject]] = {
            "Service": {},
            "EndpointSlice": {},
            "Namespace": {},
            "Pod": {},
            "ServiceCIDR": {},
        }
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        return dict(self.known[kind])

    def push(self, changes: Iterable[Change]) -> None:
        lines = []
        for change in changes:
            if change.new_object is None:
                del self.known[change.kind][change.key]
            else:
                assert type(change.new_object).__module__ == "svcdns.kube.objects"
                self.known[change.kind][change.key] = change.new_object
            lines.append(f"{'-' if change.new_object is None else '+'}{change.kind} {change.key[1]}")
        self.told.put_nowait(" ".join(sorted(lines)))

    def mark_synced(self, kind: Kind) -> None:
        self.told.put_nowait(f"synced {kind}")

    def mark_stale(self, kind: Kind, reason: str) -> None:
        self.told.put_nowait(f"stale {kind}: {reason}")

    def set_cluster_identity(self, cluster_id: str) -> None:
        self.told.put_nowait(cluster_id)

    async def next(self) -> str:
        return await asyncio.wait_for(self.told.get(), PATIENCE)


@asynccontextmanager
async def running(*paths: Path) -> AsyncIterator[Recorder]:
    """A source of these paths that has synced; yields its sink."""
    sink, source = Recorder(), ManifestSource(ManifestFileSet(paths))
    checked: tuple[ObjectSink, ObjectSource] = sink, source
    task = asyncio.create_task(checked[1].run(checked[0]))
    try:
        while True:
            waiting = asyncio.ensure_future(sink.next())
            await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                waiting.cancel()
                await task
            if await waiting == "synced Pod":
                break
        yield sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_first_load(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        SERVICE % ("web", 80) + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: x}}\n"
    )
    sink = Recorder()
    task = asyncio.create_task(ManifestSource(ManifestFileSet([tmp_path])).run(sink))
    told = [await sink.next() for _ in range(7)]
    task.cancel()
    assert told == [
        f"manifests:{tmp_path}",
        "+Namespace x +Service web",
        "synced Service",
        "synced EndpointSlice",
        "synced Namespace",
        "synced ServiceCIDR",
        "synced Pod",
    ]
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_the_sink_knows_already_is_not_pushed_again(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SERVICE % ("web", 80))
    async with running(tmp_path) as sink:
        pass
    again = Recorder()
    again.known = sink.known
    again.known["Service"]["default", "gone"] = again.known["Service"]["default", "web"]
    task = asyncio.create_task(ManifestSource(ManifestFileSet([tmp_path])).run(again))
    assert [await again.next() for _ in range(3)] == [
        f"manifests:{tmp_path}",
        "-Service gone",
        "synced Service",
    ]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_edits_new_files_and_removed_ones(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SERVICE % ("a", 80) + "---\n" + SERVICE % ("b", 80))
    async with running(tmp_path) as sink:
        (tmp_path / "a.yaml").write_text(SERVICE % ("a", 81) + "---\n" + SERVICE % ("b", 80))
        assert await sink.next() == "+Service a"
        (tmp_path / "b.json").write_text(
            '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}'
        )
        assert await sink.next() == "+Namespace n"
        (tmp_path / "a.yaml").unlink()
        assert await sink.next() == "-Service a -Service b"
        (tmp_path / "b.json").rename(tmp_path / "b.txt")
        assert await sink.next() == "-Namespace n"


async def test_an_editor_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80))
    async with running(path) as sink:
        for port in (81, 82):
            (tmp_path / ".a.swp").write_text(SERVICE % ("a", port))
            (tmp_path / ".a.swp").rename(path)
            assert await sink.next() == "+Service a"
        path.rename(tmp_path / "a.yaml~")
        path.write_text(SERVICE % ("b", 80))
        assert await sink.next() == "+Service b -Service a"


async def test_new_subfolders_are_followed(tmp_path: Path) -> None:
    async with running(tmp_path) as sink:
        (tmp_path / "one" / "two").mkdir(parents=True)
        (tmp_path / "one" / "two" / "a.yaml").write_text(SERVICE % ("a", 80))
        assert await sink.next() == "+Service a"
        (tmp_path / "one" / "two" / "a.yaml").write_text(SERVICE % ("a", 81))
        assert await sink.next() == "+Service a"


async def test_a_mounted_config_map_swaps_all_files_at_once(tmp_path: Path) -> None:
    for version, port in (("..1", 80), ("..2", 81), ("..3", 82)):
        (tmp_path / version).mkdir()
        for name in "ab":
            (tmp_path / version / f"{name}.yaml").write_text(SERVICE % (name, port))
    (tmp_path / "..data").symlink_to("..1")
    for name in "ab":
        (tmp_path / f"{name}.yaml").symlink_to(f"..data/{name}.yaml")
    async with running(tmp_path) as sink:
        for version in ("..2", "..3"):
            (tmp_path / "..data_tmp").symlink_to(version)
            (tmp_path / "..data_tmp").rename(tmp_path / "..data")
            assert await sink.next() == "+Service a +Service b"


async def test_a_linked_folder_is_followed_to_another_version(tmp_path: Path) -> None:
    """As git-sync does: the path that was given runs through a link that is replaced."""
    for version, name in (("v1", "a"), ("v2", "b")):
        (tmp_path / version / "manifests").mkdir(parents=True)
        (tmp_path / version / "manifests" / "x.yaml").write_text(SERVICE % (name, 80))
    (tmp_path / "current").symlink_to("v1")
    async with running(tmp_path / "current" / "manifests") as sink:
        (tmp_path / "next").symlink_to("v2")
        (tmp_path / "next").rename(tmp_path / "current")
        assert await sink.next() == "+Service b -Service a"


async def test_a_given_folder_that_goes_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(SERVICE % ("a", 80))
    async with running(folder) as sink:
        folder.rename(tmp_path / "in" / "there")
        await asyncio.sleep(0.2)
        assert sink.told.empty()
        (tmp_path / "in" / "there" / "a.yaml").write_text(SERVICE % ("b", 80))
        (tmp_path / "in" / "there").rename(folder)
        assert await sink.next() == "+Service b -Service a"


async def test_pods_are_pushed_slim_and_endpoints_follow_them(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: web, annotations: {a: b}},"
        " spec: {clusterIP: None, selector: {a: b}}}"
    )
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: b}}\nspec: {hostname: h}\nstatus:\n"
        "  podIP: 10.0.0.1\n"
        "  conditions: [{type: Ready, status: '%s'}]\n"
    )
    async with running(tmp_path) as sink:
        assert type(sink.known["Service"]["default", "web"]) is Service
        (tmp_path / "pod.yaml").write_text(pod % "True")
        assert "+Pod p" in await sink.next()
        assert type(sink.known["Pod"]["default", "p"]) is Pod
        assert len(sink.known["EndpointSlice"]) == 1
        (tmp_path / "pod.yaml").write_text(pod % "False")
        told = await sink.next()
        assert told.startswith("+EndpointSlice web-")
        assert "Pod" not in told


async def test_problems_are_told_once_and_again_when_fixed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "svcdns.manifests")
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80) + "---\n" + SERVICE % ("bad", 0))
    async with running(tmp_path) as sink:
        path.write_text("# moved\n" + SERVICE % ("a", 81) + "---\n" + SERVICE % ("bad", 0))
        assert await sink.next() == "+Service a"
        path.write_text(SERVICE % ("a", 82) + "---\n" + SERVICE % ("bad", 1))
        assert await sink.next() == "+Service a +Service bad"
        path.write_text(SERVICE % ("a", 82) + "---\n" + SERVICE % ("bad", 1) + "---\nx: [\n")
        while "flow node" not in caplog.text:  # noqa: ASYNC110 - the log has no event
            await asyncio.sleep(0.01)
    told = [
        record.message.replace(f"{tmp_path}/", "") for record in caplog.records if "a.yaml" in record.message
    ]
    wrong = (
        "Service default/bad: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"
    )
    assert told == [
        f"a.yaml:13: {wrong}",
        f"fixed: a.yaml: {wrong}",
        "a.yaml:15: while parsing a flow node, did not find expected node content",
    ]


async def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no such file or folder"):
        async with running(tmp_path / "nowhere"):
            pass


async def test_folders_that_cannot_be_watched_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the system has no inotify instances left: changes arrive later, but they arrive."""

    def broken(*folders: Path, **options: object) -> AsyncIterator[set[tuple[int, str]]]:
        raise OSError("no space left on device")

    monkeypatch.setattr("watchfiles.awatch", broken)
    monkeypatch.setattr("svcdns.sources.file_watcher._TICK_MS", 20)
    async with running(tmp_path) as sink:
        (tmp_path / "a.yaml").write_text(SERVICE % ("a", 80))
        assert await sink.next() == "+Service a"


def test_removals_come_first(tmp_path: Path) -> None:
    manifests = ManifestFileSet([tmp_path])

    def stored() -> dict[Key, StoredObject]:
        services = manifests.load().objects["Service"]
        return {key: to_stored_object(service, False) for key, service in services.items()}

    (tmp_path / "a.yaml").write_text(SERVICE % ("a", 80))
    before = stored()
    (tmp_path / "a.yaml").write_text(SERVICE % ("b", 80))
    now = stored()
    assert [
        (change.key[1], change.new_object is None) for change in compute_changes("Service", before, now)
    ] == [
        ("a", True),
        ("b", False),
    ]
    assert list(compute_changes("Service", now, dict(now))) == []
