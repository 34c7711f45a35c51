"""Log lines: for people, as JSON, and what a hostile name cannot do to them."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from svcdns import logs


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """The root logger as it was."""
    logger = logging.getLogger()
    before, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:] = before
    logger.setLevel(level)


def failing() -> None:
    try:
        raise ValueError("wrong")
    except ValueError:
        logging.getLogger("svcdns.watcher").exception("no %s", "list")


def test_text(capsys):
    logs.setup("info", "text")
    logging.getLogger("svcdns.watcher").info("%d Services", 3, extra={"zone": "cluster.local"})
    logging.getLogger("svcdns.watcher").debug("nothing")
    out, err = capsys.readouterr()
    assert out == ""
    time, rest = err.split(" ", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", time)
    assert rest == "[info     ] 3 Services [svcdns.watcher] zone=cluster.local\n"


def test_json(capsys):
    logs.setup("warning", "json")
    logging.getLogger("svcdns.watcher").warning("%s is gone", "web\n\x1b[2J", extra={"code": 7})
    logging.getLogger("svcdns.watcher").info("nothing")
    line = capsys.readouterr().err
    found = json.loads(line)
    assert re.fullmatch(r"\d{4}-.*Z", found.pop("timestamp"))
    assert found == {
        "event": "web\n\x1b[2J is gone",
        "level": "warning",
        "logger": "svcdns.watcher",
        "code": 7,
    }
    assert line.count("\n") == 1 and "\x1b" not in line


def test_a_name_neither_ends_a_line_nor_steers_the_terminal(capsys):
    logs.setup("info", "text")
    logging.getLogger("svcdns").info("query for %s", "a\n2026-01-01T00:00:00Z [error] forged\x1b[2J")
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "\x1b" not in err
    assert r"a\x0a2026" in err


def test_a_traceback_in_text(capsys):
    logs.setup("info", "text")
    failing()
    err = capsys.readouterr().err
    assert "no list" in err and "Traceback (most recent call last):" in err
    assert err.endswith("ValueError: wrong\n")


def test_a_traceback_in_json(capsys):
    logs.setup("info", "json")
    failing()
    found = json.loads(capsys.readouterr().err)
    assert found["event"] == "no list"
    assert found["exception"].endswith("ValueError: wrong")


def test_structlog_is_imported_with_the_first_line():
    """A worker that has nothing to say is smaller."""
    code = (
        "import logging, sys\nfrom svcdns import logs\nlogs.setup('info', 'json')\n"
        "logging.getLogger('a').debug('x')\nprint('structlog' in sys.modules)\n"
        "logging.getLogger('a').info('x')\nprint('structlog' in sys.modules)\n"
    )
    root = Path(logs.__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=60)
    assert found.stdout == "False\nTrue\n"
