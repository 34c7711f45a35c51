"""Which files the given paths mean, and which folders tell when one of them changes.

A folder means its `.yaml`, `.yml` and `.json` files, those of its subfolders too, in the order of
their names. Names that begin with a dot are passed over: `.git`, editors' backups, and `..data`,
behind which a mounted ConfigMap or Secret swaps all its files at once (they are symbolic links).
"""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SUFFIXES = (".yaml", ".yml", ".json")
_MAX_LINKS = 40  # Linux's own limit


class Signature(NamedTuple):
    """Differs when a file was written or replaced."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


class Found(NamedTuple):
    """The files under each path that exists; `missing` are the paths that do not."""

    files: dict[Path, dict[Path, Signature]]
    missing: tuple[Path, ...]
    folders: frozenset[Path]


def find(paths: Sequence[Path]) -> Found:
    """Look at the disk; a file is listed once, under the first path that means it."""
    files: dict[Path, dict[Path, Signature]] = {}
    missing: list[Path] = []
    folders: set[Path] = set()
    seen: set[Path] = set()
    for path in paths:
        folders.update(_around(path))
        listed: dict[Path, Signature] = {}
        if path.is_dir():
            for folder, entries in _walk(path):
                folders.add(folder)
                for entry in entries:
                    if signature := _signature(entry):
                        listed[Path(entry.path)] = signature
                    if entry.is_symlink():
                        folders.update(_around(Path(entry.path)))
        elif signature := _signature(path):
            listed[path] = signature
        else:
            missing.append(path)
            continue
        absolute = {one: one.absolute() for one in listed}
        files[path] = {one: signature for one, signature in listed.items() if absolute[one] not in seen}
        seen.update(absolute.values())
    return Found(files, tuple(missing), frozenset(folder for folder in folders if folder.is_dir()))


def _walk(top: Path) -> Iterator[tuple[Path, list[os.DirEntry[str]]]]:
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


def _signature(path: Path | os.DirEntry[str]) -> Signature | None:
    """None where there is no regular file (a pipe would block its reader)."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Signature(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _around(path: Path) -> Iterable[Path]:
    """The folders in which an entry on the way to the path can be replaced: each link's and its own."""
    yield path.parent
    links = 0
    resolved = Path(path.anchor or ".")
    todo = list(reversed(path.parts[1:] if path.anchor else path.parts))
    while todo and links < _MAX_LINKS:
        step = resolved / todo.pop()
        if not step.is_symlink():
            resolved = step
            continue
        links += 1
        yield step.parent
        target = step.readlink()
        if target.is_absolute():
            resolved = Path(target.anchor)
        todo.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
    yield resolved.parent
