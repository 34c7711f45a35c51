"""What all parts of the report have in common."""

from collections.abc import Iterable
from typing import TypeAlias

from benchmarks.machine import Here

Section: TypeAlias = tuple[str, str, str]
"""Title, a line of explanation, and the body; without a body it is left out."""


def part(title: str, heading: Iterable[str], sections: Iterable[Section]) -> str:
    """A part of the report as Markdown."""
    texts = [f"## {title}", "\n".join(f"- {line}" for line in heading)]
    for head, note, body in sections:
        if body:
            texts += [f"### {head}", *([note] if note else []), body]
    return "\n\n".join(texts) + "\n"


def where(here: Here) -> tuple[str, str]:
    """When, what and where."""
    return (
        f"{here.date}, commit {here.commit}, `{here.command}`",
        f"{here.cpu}, {here.cores} cores, Linux {here.kernel}, Python {here.python}",
    )
