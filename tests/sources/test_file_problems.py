"""Problems as a person reads them, and the log that has each once."""

import logging

import pytest

from svcdns.sources.file_problems import Problem, ProblemLog


def test_text_has_the_parts_that_there_are() -> None:
    assert str(Problem("a.yaml", 12, "Service a/web", "wrong")) == "a.yaml:12: Service a/web: wrong"
    assert str(Problem("a.yaml", 0, "", "cannot be read")) == "a.yaml: cannot be read"


def test_each_is_logged_once_and_once_when_it_is_fixed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    problem_log = ProblemLog(logging.getLogger("svcdns.test"))
    problem_log.log_changes([Problem("a", 1, "", "one"), Problem("a", 2, "", "two")])
    problem_log.log_changes([Problem("a", 7, "", "one"), Problem("a", 2, "", "two")])  # its line moved
    assert len(problem_log) == 2

    problem_log.log_changes([Problem("a", 2, "", "two")])
    problem_log.log_changes([Problem("a", 1, "", "one"), Problem("a", 2, "", "two")])
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "a:1: one"),
        ("WARNING", "a:2: two"),
        ("INFO", "fixed: a: one"),
        ("WARNING", "a:1: one"),
    ]
