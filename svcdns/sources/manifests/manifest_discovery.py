"""Which files the given paths mean, and which folders tell when one of them changes.

A folder means its `.yaml`, `.yml` and `.json` files, those of its subfolders too, in the order of
their names. Names that begin with a dot are passed over: `.git`, editors' backups, and `..data`,
behind which a mounted ConfigMap or Secret swaps all its files at once (they are symbolic links).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from svcdns.file_changes import Signature
from svcdns.sources import filesystem

SUFFIXES = (".yaml", ".yml", ".json")


class DiscoveredFiles(NamedTuple):
    """The files under each path that exists; `missing` are the paths that do not."""

    files: dict[Path, dict[Path, Signature]]
    missing_paths: tuple[Path, ...]
    watched_folders: frozenset[Path]


def discover_files(paths: Sequence[Path]) -> DiscoveredFiles:
    """Look at the disk; a file is listed once, under the first path that means it."""
    files: dict[Path, dict[Path, Signature]] = {}
    missing: list[Path] = []
    folders: set[Path] = set()
    seen: set[Path] = set()
    for path in paths:
        folders.update(filesystem.find_watch_folders(path))
        listed: dict[Path, Signature] = {}
        if path.is_dir():
            for folder, entries in _walk_manifests(path):
                folders.add(folder)
                for entry in entries:
                    if signature := filesystem.read_signature(entry):
                        listed[Path(entry.path)] = signature
                    if entry.is_symlink():
                        folders.update(filesystem.find_watch_folders(Path(entry.path)))
        elif signature := filesystem.read_signature(path):
            listed[path] = signature
        if path not in listed and not path.is_dir():  # also one that went away while it was listed
            missing.append(path)
            continue
        absolute = {one: one.absolute() for one in listed}
        files[path] = {one: signature for one, signature in listed.items() if absolute[one] not in seen}
        seen.update(absolute.values())
    return DiscoveredFiles(files, tuple(missing), filesystem.resolve_folders(folders))


def _walk_manifests(top: Path) -> Iterator[tuple[Path, list[os.DirEntry[str]]]]:
    """Each folder with its manifests, in order; linked subfolders are not entered."""
    todo = [top]
    while todo:
        folder = todo.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted((one for one in found if one.name[0] != "."), key=lambda one: one.name)
        except OSError:
            continue  # gone meanwhile, or closed to us
        yield folder, [one for one in entries if one.name.endswith(SUFFIXES)]
        subfolders = [Path(one.path) for one in entries if one.is_dir(follow_symlinks=False)]
        todo.extend(reversed(subfolders))
