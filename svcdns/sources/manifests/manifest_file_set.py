"""The manifests as a whole: paths in, the objects of a cluster and every problem out.

    paths -> files (`manifest_discovery`) -> objects of each changed file (`manifest_file`)
          -> cluster (`kube.manifests.control_plane`)

The commands load them once, and the source reloads them at each change. A file that is gone from a folder
takes its objects along at once. A path of the settings that is gone is an error at the start. Later its last
objects stay, and a problem says so.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from svcdns import collector
from svcdns.errors import ManifestError
from svcdns.kube.manifests import control_plane
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import Key, Kind, KubeObject
from svcdns.sources import filesystem
from svcdns.sources.file_problems import Problem, hide_foreign
from svcdns.sources.file_set import FileSet
from svcdns.sources.manifests import manifest_discovery, manifest_problems
from svcdns.sources.manifests.manifest_file import ManifestFile


@dataclass(frozen=True, slots=True)
class LoadedManifests:
    """The objects as a cluster would hold them; Services and Pods have the fields of `manifest_objects`."""

    objects: dict[Kind, dict[Key, KubeObject]]
    problems: tuple[Problem, ...]
    """What was left out and why, in the order of the files."""
    file_count: int
    ignored_count: int
    """The number of objects whose kind plays no part in DNS."""


class ManifestFileSet(FileSet[LoadedManifests]):
    """The manifest files under some paths, as they were last read."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], ranges: ServiceRanges | None = None) -> None:
        self.paths = tuple(dict.fromkeys(Path(path) for path in paths))
        self.ranges = ranges or ServiceRanges()
        self._files: dict[Path, dict[Path, ManifestFile]] = {}
        self._missing_paths: tuple[Path, ...] = ()
        self._watched_folders: frozenset[Path] = frozenset()

    @property
    def watched_folders(self) -> frozenset[Path]:
        """The folders in which a change of the files shows."""
        return self._watched_folders

    @property
    def identity(self) -> str:
        """Which cluster this is: the same paths are the same cluster."""
        return "manifests:" + ",".join(sorted(str(path.absolute()) for path in self.paths))

    def load(self, now: float = 0.0) -> LoadedManifests:
        """Read everything; raises ManifestError where a path does not exist. `now` is as in `reload`."""
        self._files = {}
        with collector.pause_collection():
            loaded = super().load(now)

        if self._missing_paths:
            path = self._missing_paths[0]
            raise ManifestError(
                f"{path}: no such file or folder; expected YAML or JSON files, or folders of them"
            )
        return loaded

    def reload(self, now: float, reported_paths: Iterable[str] = ()) -> LoadedManifests | None:
        """Read what changed, and the files that were reported; None where all say the same as before.

        `now` is in seconds on a monotonic clock.
        """
        # Nearly all that is made here stays: looking for garbage in it would be in vain.
        with collector.pause_collection():
            return super().reload(now, reported_paths)

    def _iter_files(self) -> Iterator[ManifestFile]:
        return (file for path in self.paths for file in self._files.get(path, {}).values())

    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        discovered = manifest_discovery.discover_files(self.paths)
        has_changed = discovered.missing_paths != self._missing_paths
        self._watched_folders = discovered.watched_folders
        self._missing_paths = discovered.missing_paths

        # A path that is missing is not among these, so that its files stay as they are.
        for path, signatures in discovered.files.items():
            previous_files = self._files.get(path, {})
            has_changed |= previous_files.keys() != signatures.keys()
            files = {file: previous_files.get(file) or ManifestFile(file) for file in signatures}
            self._files[path] = files

            for file_path, file in files.items():
                is_reported = filesystem.to_reported_path(file_path) in reported_paths
                has_changed |= file.update(signatures[file_path], now, is_reported=is_reported)

        return has_changed

    def _collect(self) -> LoadedManifests:
        files = list(self._iter_files())
        declared = (declared for file in files for declared in file.parsed.declared_objects)
        cluster = control_plane.build_cluster(declared, self.ranges)

        faults = [*cluster.errors, *(fault for file in files for fault in file.parsed.faults)]
        problems = manifest_problems.to_problems(faults, {str(file.path): file for file in files})
        problems += [problem for file in files for problem in file.iter_problems()]
        problems += [
            Problem(str(path), 0, "", "no such file or folder any more; its last objects are kept")
            for path in self._missing_paths
        ]

        # Missing paths come first: they are not in the order of the files.
        file_order = {str(file.path): number for number, file in enumerate(files)}
        problems = hide_foreign(problems, self.paths)
        problems.sort(key=lambda problem: (file_order.get(problem.file, -1), problem.line))

        ignored_count = sum(file.parsed.ignored_count for file in files)
        return LoadedManifests(cluster.objects, tuple(problems), len(files), ignored_count)
