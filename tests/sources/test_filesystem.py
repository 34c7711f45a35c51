"""A ConfigMap swaps all its files at once: what is read while that happens is never half old, half new."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import pytest

from svcdns.kube.objects import Service
from svcdns.sources import filesystem
from svcdns.sources.hosts import HostsFileSet
from svcdns.sources.manifests import LoadedManifests, ManifestFileSet
from svcdns.sources.zonefiles import ZoneFileSet

SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{port: %d}]}}\n"
ZONE = "$ORIGIN %s.\n@ 300 SOA ns hostmaster %d 2 3 4 5\n@ 300 NS ns\nns 300 A 192.0.2.%d\n"


class ConfigMap:
    """A folder with some versions of its files, mounted as the kubelet does it."""

    def __init__(self, folder: Path, *versions: dict[str, str]) -> None:
        self.folder = folder
        self.waiting = [f"..{number}" for number in range(len(versions))]
        for version, files in zip(self.waiting, versions, strict=True):
            (folder / version).mkdir()
            for name, text in files.items():
                (folder / version / name).write_text(text)
        for name in versions[0]:
            (folder / name).symlink_to(f"..data/{name}")
        self.swap()

    def swap(self) -> None:
        """To the next version; nothing after the last one."""
        if self.waiting:
            (self.folder / "..data_tmp").symlink_to(self.waiting.pop(0))
            (self.folder / "..data_tmp").rename(self.folder / "..data")


def after_reading(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    """Do something whenever a file was read."""
    read = filesystem.read_bounded

    def reads(path: Path, limit: int) -> bytes:
        data = read(path, limit)
        do()
        return data

    monkeypatch.setattr(filesystem, "read_bounded", reads)


def ports(loaded: LoadedManifests) -> list[int]:
    """Of all Services."""
    services = cast("Iterable[Service]", loaded.objects["Service"].values())
    return [service.spec.ports[0].port for service in services if service.spec.ports]


@pytest.mark.parametrize("swaps", [1, 2])
def test_manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swaps: int) -> None:
    versions = [{f"{name}.yaml": SERVICE % (name, port) for name in "abc"} for port in range(80, 82 + swaps)]
    mounted, manifests = ConfigMap(tmp_path, *versions), ManifestFileSet([tmp_path])
    manifests.load()
    mounted.swap()
    after_reading(monkeypatch, mounted.swap)
    loaded = manifests.reload(0.0)
    assert loaded is not None
    assert ports(loaded) == [81 + swaps] * 3
    assert manifests.reload(0.0) is None


def test_manifests_at_the_first_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [{f"{name}.yaml": SERVICE % (name, port) for name in "abc"} for port in (80, 81)]
    after_reading(monkeypatch, ConfigMap(tmp_path, *versions).swap)
    assert ports(ManifestFileSet([tmp_path]).load()) == [81] * 3


def test_zone_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several zones, and the files of one."""
    versions = [
        {
            "a.zone": ZONE % ("a", version, version) + "$INCLUDE a.more\n",
            "a.more": f"more 300 A 192.0.2.{version}\n",
            "b.zone": ZONE % ("b", version, version),
        }
        for version in (1, 2, 3)
    ]
    mounted, zones = ConfigMap(tmp_path, *versions), ZoneFileSet([tmp_path])
    zones.load()
    mounted.swap()
    after_reading(monkeypatch, mounted.swap)
    loaded = zones.reload(0.0)
    assert loaded is not None
    assert not loaded.problems
    addresses = {
        rdata
        for zone in loaded.zones
        for rrsets in zone.rrsets.values()
        for rrset in rrsets.values()
        for rdata in rrset.rdata
        if len(rdata) == 4
    }
    assert addresses == {bytes([192, 0, 2, 3])}
    assert zones.reload(0.0) is None


def test_hosts_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [{name: f"192.0.2.{version} {name}\n" for name in "abc"} for version in (1, 2, 3)]
    mounted, hosts = ConfigMap(tmp_path, *versions), HostsFileSet([tmp_path / name for name in "abc"])
    hosts.load()
    mounted.swap()
    after_reading(monkeypatch, mounted.swap)
    loaded = hosts.reload(0.0)
    assert loaded is not None
    assert {line.address for line in loaded.lines} == {bytes([192, 0, 2, 3])}
    assert hosts.reload(0.0) is None


def test_files_that_change_at_every_look_are_read_at_last() -> None:
    looks: list[tuple[float, frozenset[str]]] = []

    def read_changes(now: float, reported_paths: frozenset[str]) -> bool:
        looks.append((now, reported_paths))
        return True

    assert filesystem.read_until_stable(read_changes, 1.0, ["a"])
    assert looks == [(1.0, frozenset("a")), *[(1.0, frozenset())] * 3]
