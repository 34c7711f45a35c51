"""Which files the paths mean, and which folders have to be watched for them."""

import os
from pathlib import Path

import pytest

from svcdns.sources.manifests import manifest_discovery


def names(found: manifest_discovery.DiscoveredFiles) -> list[str]:
    return [path.name for inside in found.files.values() for path in inside]


def write(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("")


def test_a_folder_means_its_manifests_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        "b.yaml",
        "a.yml",
        "c.json",
        "d.txt",
        ".e.yaml",
        "f.yaml~",
        ".git/g.yaml",
        "sub/deep/h.yaml",
        "i.YAML",
    )
    found = manifest_discovery.discover_files([tmp_path])
    assert names(found) == ["a.yml", "b.yaml", "c.json", "h.yaml"]
    assert found.watched_folders >= {tmp_path.parent, tmp_path, tmp_path / "sub", tmp_path / "sub" / "deep"}
    assert tmp_path / ".git" not in found.watched_folders


def test_a_file_may_have_any_name_and_counts_once(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.yaml")
    found = manifest_discovery.discover_files([tmp_path / "b.yaml", tmp_path / "a.txt", tmp_path])
    assert names(found) == ["b.yaml", "a.txt"]
    assert found.missing_paths == ()
    assert found.watched_folders >= {tmp_path}


def test_what_is_missing(tmp_path: Path) -> None:
    found = manifest_discovery.discover_files([tmp_path / "no" / "where", tmp_path / "gone.yaml"])
    assert found.missing_paths == (tmp_path / "no" / "where", tmp_path / "gone.yaml")
    assert tmp_path in found.watched_folders  # it shows there when it comes back


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert names(manifest_discovery.discover_files([tmp_path])) == []
    assert manifest_discovery.discover_files([tmp_path / "pipe.yaml"]).missing_paths == (
        tmp_path / "pipe.yaml",
    )


def test_a_mounted_config_map(tmp_path: Path) -> None:
    """Files are links through `..data`, itself a link to the folder of one version."""
    write(tmp_path, "..2026_01/a.yaml")
    (tmp_path / "..data").symlink_to("..2026_01")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    found = manifest_discovery.discover_files([tmp_path])
    assert names(found) == ["a.yaml"]
    assert found.watched_folders >= {tmp_path, tmp_path / "..2026_01"}


def test_links_on_the_way_to_a_path(tmp_path: Path) -> None:
    write(tmp_path, "versions/1/manifests/a.yaml")
    (tmp_path / "current").symlink_to(tmp_path / "versions" / "1")
    found = manifest_discovery.discover_files([tmp_path / "current" / "manifests"])
    assert names(found) == ["a.yaml"]
    assert found.watched_folders >= {tmp_path, tmp_path / "versions" / "1"}


def test_links_in_a_circle_and_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("b.yaml")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    (tmp_path / "c.yaml").symlink_to("nowhere")
    (tmp_path / "up").symlink_to("..")
    assert names(manifest_discovery.discover_files([tmp_path])) == []
    assert manifest_discovery.discover_files([tmp_path / "a.yaml"]).missing_paths == (tmp_path / "a.yaml",)


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "sub/a.yaml")
    monkeypatch.chdir(tmp_path)
    assert names(manifest_discovery.discover_files([Path("sub"), Path("sub/a.yaml")])) == ["a.yaml"]
    assert names(manifest_discovery.discover_files([Path()])) == ["a.yaml"]
