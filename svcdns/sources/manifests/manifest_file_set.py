"""The manifests as a whole: paths in, the objects of a cluster and every problem out.

    paths -> files (`files`) -> objects of each changed file (`onefile`) -> cluster (`controlplane`)

Used once by the commands (`load`) and at each change by the source (`reload`), which reads only
files that may have changed. A file that is gone from a folder takes its objects along at once. A
given path that is gone is an error at the start; later its last objects stay, and a problem says so.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from svcdns import collector
from svcdns.errors import ManifestError
from svcdns.kube.manifests import control_plane
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import Key, Kind, KubeObject
from svcdns.sources import filesystem
from svcdns.sources.file_problems import Problem
from svcdns.sources.manifests import manifest_discovery, manifest_problems
from svcdns.sources.manifests.manifest_file import ManifestFile


@dataclass(frozen=True, slots=True)
class LoadedManifests:
    """The objects as a cluster would hold them; Services and Pods with `manifest_objects`' fields."""

    objects: dict[Kind, dict[Key, KubeObject]]
    problems: tuple[Problem, ...]
    """What was left out and why, in the order of the files."""
    file_count: int
    ignored_count: int
    """How many objects are of kinds that play no part in DNS."""


class ManifestFileSet:
    """The manifest files under some paths, as they were last read."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], ranges: ServiceRanges | None = None) -> None:
        self.paths: Sequence[Path] = tuple(dict.fromkeys(Path(path) for path in paths))
        self.ranges = ranges or ServiceRanges()
        self.watched_folders: frozenset[Path] = frozenset()
        """Where a change of the files shows itself."""
        self._files: dict[Path, dict[Path, ManifestFile]] = {}
        self._missing_paths: tuple[Path, ...] = ()

    @property
    def identity(self) -> str:
        """Which cluster this is: the same paths are the same one."""
        return "manifests:" + ",".join(sorted(str(path.absolute()) for path in self.paths))

    @property
    def needs_polling(self) -> bool:
        """Whether an emptied file still keeps its objects, so that time alone brings a change."""
        return any(file.emptied.is_waiting for file in self._iter_files())

    def load(self, now: float = 0.0) -> LoadedManifests:
        """Read everything; raises ManifestError where a path does not exist. `now` is as in `reload`."""
        self._files = {}
        with collector.pause_collection():
            filesystem.read_until_stable(self._read_changes, now)
            if self._missing_paths:
                path = self._missing_paths[0]
                raise ManifestError(
                    f"{path}: no such file or folder; wanted are YAML or JSON files, or folders of them"
                )
            return self._build_cluster()

    def reload(self, now: float, reported_paths: Iterable[str] = ()) -> LoadedManifests | None:
        """Read what changed, and the `touched` files; None where all say the same as before.

        `now` is in seconds on a monotonic clock.
        """
        with collector.pause_collection():
            return (
                self._build_cluster()
                if filesystem.read_until_stable(self._read_changes, now, reported_paths)
                else None
            )

    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        found = manifest_discovery.discover_files(self.paths)
        changed = found.missing_paths != self._missing_paths
        self.watched_folders, self._missing_paths = found.watched_folders, found.missing_paths
        for path, inside in found.files.items():
            known = self._files.get(path, {})
            changed |= known.keys() != inside.keys()
            self._files[path] = {one: known.get(one) or ManifestFile(one) for one in inside}
            for one, file in self._files[path].items():
                changed |= file.update(
                    inside[one], now, is_reported=filesystem.to_reported_path(one) in reported_paths
                )
        return changed

    def _build_cluster(self) -> LoadedManifests:
        every = list(self._iter_files())
        built = control_plane.build_cluster(
            (one for file in every for one in file.parsed.declared_objects), self.ranges
        )
        faults = [*built.errors, *(fault for file in every for fault in file.parsed.faults)]
        order = {str(file.path): number for number, file in enumerate(every)}
        found = manifest_problems.to_problems(faults, {str(file.path): file for file in every})
        found += [problem for file in every for problem in file.problem_count()]
        found += [
            Problem(str(path), 0, "", "no such file or folder any more; its last objects are kept")
            for path in self._missing_paths
        ]
        found.sort(key=lambda problem: (order.get(problem.file, -1), problem.line))
        ignored = sum(file.parsed.ignored_count for file in every)
        return LoadedManifests(built.objects, tuple(found), len(every), ignored)

    def _iter_files(self) -> Iterator[ManifestFile]:
        return (file for path in self.paths for file in self._files.get(path, {}).values())
