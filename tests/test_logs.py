"""Log lines: for people, as JSON, and what a hostile name cannot do to them."""

import json
import logging
import os
import re
from collections.abc import Iterator

import pytest

from svcdns import logs


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """The root logger as it was."""
    logger = logging.getLogger()
    handlers = logger.handlers[:]
    level = logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def failing() -> None:
    try:
        raise ValueError("wrong")
    except ValueError:
        logging.getLogger("svcdns.watcher").exception("no %s", "list")


def test_text(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "text")
    logging.getLogger("svcdns.watcher").info("%d Services", 3)
    logging.getLogger("svcdns.watcher").debug("nothing")
    out, err = capfd.readouterr()
    assert out == ""
    time, message = err.split(" ", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", time)
    assert message == "[info     ] 3 Services [svcdns.watcher]\n"


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "json")
    logging.getLogger("svcdns.watcher").warning("%s is gone", "web\n\x1b[2J")
    logging.getLogger("svcdns.watcher").info("nothing")
    line = capfd.readouterr().err
    fields = json.loads(line)
    assert re.fullmatch(r"\d{4}-.*Z", fields.pop("timestamp"))
    assert fields == {
        "event": "web\n\x1b[2J is gone",
        "level": "warning",
        "logger": "svcdns.watcher",
    }
    assert line.count("\n") == 1 and "\x1b" not in line


def test_a_name_neither_ends_a_line_nor_steers_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "text")
    logging.getLogger("svcdns").info("query for %s", "a\n2026-01-01T00:00:00Z [error] forged\x1b[2J")
    err = capfd.readouterr().err
    assert err.count("\n") == 1 and "\x1b" not in err
    assert r"a\n2026" in err


def test_names_that_are_no_text(capfd: pytest.CaptureFixture[str]) -> None:
    """A file may be called so; what stands there is JSON all the same."""
    logs.configure("info", "json")
    logging.getLogger("svcdns").info("%s is gone", os.fsdecode(b"web\xff.yaml"))
    assert json.loads(capfd.readouterr().err)["event"] == os.fsdecode(b"web\xff.yaml") + " is gone"


def test_a_terminal_shows_levels_in_colors() -> None:
    record = logging.LogRecord("svcdns", logging.WARNING, "", 0, "late", None, None)
    line = logs._TextFormatter(is_colored=True).format(record)
    assert line.endswith("Z [\x1b[33mwarning  \x1b[0m] \x1b[1mlate\x1b[0m [svcdns]")


def test_a_traceback_in_text(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "text")
    failing()
    err = capfd.readouterr().err
    assert "no list" in err and "Traceback (most recent call last):" in err
    assert err.endswith("ValueError: wrong\n")


def test_a_traceback_in_json(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    failing()
    fields = json.loads(capfd.readouterr().err)
    assert fields["event"] == "no list"
    assert fields["exception"].endswith("ValueError: wrong")


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Both ends of one that takes the place of stderr; it has room for 64 KiB."""
    reading, writing = os.pipe()
    monkeypatch.setattr(logs, "STDERR", writing)
    try:
        yield reading, writing
    finally:
        for end in (reading, writing, logs._reopen_pipe(writing)):
            os.close(end)
        logs._reopen_pipe.cache_clear()


def test_what_nobody_reads_keeps_nobody_waiting(pipe: tuple[int, int]) -> None:
    """It is counted, and no line is cut; the other end's owner still waits as it did."""
    logs.configure("info", "json")
    written = [f"{number} {'x' * (number % 7 * 1000)}" for number in range(200)]
    for text in written:
        logging.getLogger("svcdns").info(text)
    first = os.read(pipe[0], 1 << 20)
    logging.getLogger("svcdns").error("read again")
    lines = (first + os.read(pipe[0], 1 << 20)).splitlines()
    *taken, loss, last = [json.loads(line)["event"] for line in lines]
    assert taken == written[: len(taken)] and len(taken) > 10
    assert loss == f"lines before this one that nobody took, and that are lost: {200 - len(taken)}"
    assert last == "read again"
    assert os.get_blocking(pipe[1])


def test_a_reader_that_is_gone_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    handler = logs._StderrHandler(writing)
    os.close(reading)
    for _ in range(2):
        handler.emit(logging.LogRecord("svcdns", logging.INFO, "", 0, "nobody is there", None, None))
    os.close(writing)
    assert capfd.readouterr() == ("", "")
