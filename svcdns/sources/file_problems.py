"""Problems as a person reads them: file, line, object, what is wrong.

deploy/x.yaml:12: Service default/web: spec.ports[1].port: Invalid value: 70000: must be ...
zonefiles/example.org.zone:7: www.example.org. A: ...
"""

import logging
from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """Something wrong in a file; `line` is 0 and `subject` is empty where there is none."""

    file: str
    line: int
    subject: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(filter(None, (place, self.subject, self.message)))


class ProblemLog:
    """The problems that were logged and are not fixed; its length is their number."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: set[Problem] = set()

    def __len__(self) -> int:
        return len(self._logged)

    def log_changes(self, problems: Iterable[Problem]) -> None:
        """Log each problem once as a warning, and once that it is fixed; `problems` are all that remain."""
        # Without its line a problem stays the same one when an edit above it moves it.
        problem_by_identity = {problem._replace(line=0): problem for problem in problems}

        for identity, problem in problem_by_identity.items():
            if identity not in self._logged:
                self._log.warning("%s", problem)

        fixed = self._logged - problem_by_identity.keys()
        for text in sorted(map(str, fixed)):
            self._log.info("fixed: %s", text)

        self._logged = set(problem_by_identity)
