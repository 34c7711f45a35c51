"""Problems as a person reads them: file, line, object, what is wrong.

deploy/x.yaml:12: Service default/web: spec.ports[1].port: Invalid value: 70000: must be ...
zonefiles/example.org.zone:7: www.example.org. A: ...
"""

import functools
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_HIDDEN = (
    "faulty, and not shown, since the file is a link out of its folder; "
    "put the file itself there, or name it in the settings"
)


class Problem(NamedTuple):
    """Something wrong in a file; `line` is 0 and `subject` is empty where there is none."""

    file: str
    line: int
    subject: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(filter(None, (place, self.subject, self.message)))


def hide_foreign(problems: Iterable[Problem], paths: Iterable[Path]) -> list[Problem]:
    """The problems, without what is quoted of files that are links out of their folder.

    `paths` are those of the settings. Who may write in one of these folders could otherwise read any file of
    this process, by a link to it and the messages about its lines. A file that the settings name is shown.
    """
    named = set(paths)
    folders = [path for path in named if path.is_dir()]
    is_foreign = functools.cache(lambda file: _leads_out(Path(file), folders) and Path(file) not in named)

    shown = [
        problem._replace(subject="", message=_HIDDEN) if is_foreign(problem.file) else problem
        for problem in problems
    ]
    # Several problems of a line are one now.
    return list(dict.fromkeys(shown))


def _leads_out(file: Path, folders: Iterable[Path]) -> bool:
    above = [folder for folder in folders if file.is_relative_to(folder)]
    real_path = Path(os.path.realpath(file))
    return bool(above) and not any(real_path.is_relative_to(os.path.realpath(folder)) for folder in above)


class ProblemLog:
    """The problems that were logged and are not fixed; its length is their number."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: dict[Problem, Problem] = {}

    def __len__(self) -> int:
        return len(self._logged)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._logged.values())

    def log_changes(self, problems: Iterable[Problem]) -> None:
        """Log each problem once as a warning, and once that it is fixed; `problems` are all that remain."""
        # Without its line a problem stays the same one when an edit above it moves it.
        problem_by_identity = {problem._replace(line=0): problem for problem in problems}

        for identity, problem in problem_by_identity.items():
            if identity not in self._logged:
                self._log.warning("%s", problem)

        fixed = self._logged.keys() - problem_by_identity.keys()
        for text in sorted(map(str, fixed)):
            self._log.info("fixed: %s", text)

        self._logged = problem_by_identity
