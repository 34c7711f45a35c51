"""The Dockerfile, read: its stages, and what the image is told to do."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction, its lines joined."""

    word: str
    text: str

    @property
    def command(self) -> list[str]:
        """The words of CMD, ENTRYPOINT or HEALTHCHECK, which are written as JSON."""
        words: list[str] = json.loads(self.text[self.text.index("[") :])
        return words


@dataclass(slots=True)
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def last(self, word: str) -> Step:
        """The instruction that counts."""
        return next(step for step in reversed(self.steps) if step.word == word)


def read(path: Path = ROOT / "Dockerfile") -> list[Stage]:
    """All stages; arguments before the first one are put in."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for line in filter(None, text.splitlines()):
        word, _, remainder = line.partition(" ")
        if word == "ARG" and not stages:
            name, _, value = remainder.partition("=")
            arguments[name] = value
        elif word == "FROM":
            base, _, name = remainder.partition(" AS ")
            stages.append(Stage(re.sub(r"\$\{(\w+)\}", lambda result: arguments[result[1]], base), name))
        else:
            stages[-1].steps.append(
                Step(word, " ".join(remainder.split()) if word != "RUN" else remainder.strip())
            )

    return stages


def variables(step: Step, known_values: dict[str, str]) -> dict[str, str]:
    """What an ENV sets; `$PATH` is the one before."""
    pairs = (pair.partition("=") for pair in shlex.split(step.text))
    return {name: value.replace("$PATH", known_values.get("PATH", "")) for name, _, value in pairs}
