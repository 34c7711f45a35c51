"""Which files the paths of the settings mean, and which folders tell when one of them changes.

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
    """The files under each path that exists, the paths that do not, and the folders to watch."""

    files: dict[Path, dict[Path, Signature]]
    missing_paths: tuple[Path, ...]
    watched_folders: frozenset[Path]


class _ListedPath(NamedTuple):
    """What stands at one path of the settings; `signatures` is empty where there is no file."""

    signatures: dict[Path, Signature]
    folders: set[Path]


def discover_files(paths: Sequence[Path]) -> DiscoveredFiles:
    """Look at the disk; a file is listed once, under the first path that means it."""
    files: dict[Path, dict[Path, Signature]] = {}
    missing_paths: list[Path] = []
    folders: set[Path] = set()
    seen: set[Path] = set()

    for path in paths:
        listed = _list_path(path)
        folders |= listed.folders

        # A folder that went away while it was listed is missing too.
        if path not in listed.signatures and not path.is_dir():
            missing_paths.append(path)
            continue

        files[path] = {}
        for file, signature in listed.signatures.items():
            if file.absolute() not in seen:
                seen.add(file.absolute())
                files[path][file] = signature

    return DiscoveredFiles(files, tuple(missing_paths), filesystem.resolve_folders(folders))


def _list_path(path: Path) -> _ListedPath:
    listed = _ListedPath({}, set(filesystem.find_watch_folders(path)))

    if not path.is_dir():
        if signature := filesystem.read_signature(path):
            listed.signatures[path] = signature
        return listed

    for folder, entries in _walk_manifests(path):
        listed.folders.add(folder)
        for entry in entries:
            file = Path(entry.path)
            if signature := filesystem.read_signature(entry):
                listed.signatures[file] = signature
            # A link changes also where its target does; a dangling one may come to life.
            if entry.is_symlink():
                listed.folders.update(filesystem.find_watch_folders(file))

    return listed


def _walk_manifests(top: Path) -> Iterator[tuple[Path, list[os.DirEntry[str]]]]:
    """Yield each folder with its manifests, in order; linked subfolders are not entered."""
    pending_folders = [top]
    while pending_folders:
        folder = pending_folders.pop()
        try:
            with os.scandir(folder) as scan:
                entries = sorted(
                    (entry for entry in scan if entry.name[0] != "."), key=lambda entry: entry.name
                )
        except OSError:
            continue  # it is gone meanwhile, or closed to us

        yield folder, [entry for entry in entries if entry.name.endswith(SUFFIXES)]

        # Not through links, which may lead round in a circle; reversed, since the last one is taken next.
        subfolders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        pending_folders.extend(reversed(subfolders))
