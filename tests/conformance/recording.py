"""The recorded cluster, and the questions with the answers wanted (see README.md here)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CLUSTER = FOLDER / "cluster.json"


@cache
def objects() -> list[dict[str, Any]]:
    """What the API server held."""
    items: list[dict[str, Any]] = json.loads(CLUSTER.read_text())["items"]
    return items


@cache
def lines() -> list[dict[str, Any]]:
    """6,000 questions, each with the answer wanted."""
    return [json.loads(line) for line in (FOLDER / "answers.jsonl").read_text().splitlines()]
