"""What all parts of the report have in common."""

from collections.abc import Iterable
from typing import TypeAlias

from benchmarks.machine import RunInfo

Section: TypeAlias = tuple[str, str, str]
"""Title, a line of explanation, and the body; without a body it is left out."""


def format_part(title: str, heading: Iterable[str], sections: Iterable[Section]) -> str:
    """A part of the report as Markdown."""
    texts = [f"## {title}", "\n".join(f"- {line}" for line in heading)]
    for head, note, body in sections:
        if body:
            texts += [f"### {head}", *([note] if note else []), body]

    return "\n\n".join(texts) + "\n"


def run_lines(run_info: RunInfo) -> tuple[str, str]:
    """When, what and where."""
    return (
        f"{run_info.date}, commit {run_info.commit}, `{run_info.command}`",
        f"{run_info.cpu}, {run_info.cores} cores, Linux {run_info.kernel}, Python {run_info.python}",
    )
