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
from svcdns.kube import controlplane
from svcdns.kube.objects import Key, Kind, KubeObject
from svcdns.kube.ranges import Ranges
from svcdns.sources import disk
from svcdns.sources.manifests import files, problems
from svcdns.sources.manifests.onefile import ManifestFile
from svcdns.sources.problems import Problem


@dataclass(frozen=True, slots=True)
class Loaded:
    """The objects as a cluster would hold them; Services and Pods with `manifest_objects`' fields."""

    objects: dict[Kind, dict[Key, KubeObject]]
    problems: tuple[Problem, ...]
    """What was left out and why, in the order of the files."""
    files: int
    ignored: int
    """How many objects are of kinds that play no part in DNS."""


class Manifests:
    """The manifest files under some paths, as they were last read."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], ranges: Ranges | None = None) -> None:
        self.paths: Sequence[Path] = tuple(dict.fromkeys(Path(path) for path in paths))
        self.ranges = ranges or Ranges()
        self.folders: frozenset[Path] = frozenset()
        """Where a change of the files shows itself."""
        self._files: dict[Path, dict[Path, ManifestFile]] = {}
        self._missing: tuple[Path, ...] = ()

    @property
    def identity(self) -> str:
        """Which cluster this is: the same paths are the same one."""
        return "manifests:" + ",".join(sorted(str(path.absolute()) for path in self.paths))

    @property
    def waiting(self) -> bool:
        """Whether an emptied file still keeps its objects, so that time alone brings a change."""
        return any(file.emptied.is_waiting for file in self._each_file())

    def load(self, now: float = 0.0) -> Loaded:
        """Read everything; raises ManifestError where a path does not exist. `now` is as in `reload`."""
        self._files = {}
        with collector.paused():
            disk.settled(self._look, now)
            if self._missing:
                path = self._missing[0]
                raise ManifestError(
                    f"{path}: no such file or folder; wanted are YAML or JSON files, or folders of them"
                )
            return self._build()

    def reload(self, now: float, touched: Iterable[str] = ()) -> Loaded | None:
        """Read what changed, and the `touched` files; None where all say the same as before.

        `now` is in seconds on a monotonic clock.
        """
        with collector.paused():
            return self._build() if disk.settled(self._look, now, touched) else None

    def _look(self, now: float, touched: frozenset[str]) -> bool:
        found = files.find(self.paths)
        changed = found.missing != self._missing
        self.folders, self._missing = found.folders, found.missing
        for path, inside in found.files.items():
            known = self._files.get(path, {})
            changed |= known.keys() != inside.keys()
            self._files[path] = {one: known.get(one) or ManifestFile(one) for one in inside}
            for one, file in self._files[path].items():
                changed |= file.update(inside[one], now, touched=disk.reported(one) in touched)
        return changed

    def _build(self) -> Loaded:
        every = list(self._each_file())
        built = controlplane.build((one for file in every for one in file.reading.declared), self.ranges)
        faults = [*built.faults, *(fault for file in every for fault in file.reading.faults)]
        order = {str(file.path): number for number, file in enumerate(every)}
        found = problems.describe(faults, {str(file.path): file for file in every})
        found += [problem for file in every for problem in file.problems()]
        found += [
            Problem(str(path), 0, "", "no such file or folder any more; its last objects are kept")
            for path in self._missing
        ]
        found.sort(key=lambda problem: (order.get(problem.file, -1), problem.line))
        ignored = sum(file.reading.ignored for file in every)
        return Loaded(built.objects, tuple(found), len(every), ignored)

    def _each_file(self) -> Iterator[ManifestFile]:
        return (file for path in self.paths for file in self._files.get(path, {}).values())
