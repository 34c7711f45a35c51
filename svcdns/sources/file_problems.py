"""Problems as a person reads them: file, line, object, what is wrong.

deploy/x.yaml:12: Service default/web: spec.ports[1].port: Invalid value: 70000: must be ...
zonefiles/example.org.zone:7: www.example.org. A: ...
"""

import logging
from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """Something wrong in a file; `line` is 0 and `subject` empty where there is none."""

    file: str
    line: int
    subject: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(filter(None, (place, self.subject, self.message)))


class ProblemLog:
    """The problems that the log knows of."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: set[Problem] = set()

    def __len__(self) -> int:
        return len(self._logged)

    def log_changes(self, problems: Iterable[Problem]) -> None:
        """Log each problem once, wherever its line moves, and once when it is gone."""
        now = {problem._replace(line=0): problem for problem in problems}
        for known, problem in now.items():
            if known not in self._logged:
                self._log.warning("%s", problem)
        for gone in sorted(map(str, self._logged - now.keys())):
            self._log.info("fixed: %s", gone)
        self._logged = set(now)
