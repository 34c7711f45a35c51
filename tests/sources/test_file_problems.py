"""Problems as a person reads them, and the log that has each once."""

import logging
from pathlib import Path

import pytest

from svcdns.sources.file_problems import Problem, ProblemLog, hide_foreign


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


SECRET = "root:$6$secret"


def test_a_link_out_of_its_folder_is_not_quoted(tmp_path: Path) -> None:
    folder = tmp_path / "zones"
    (folder / "..data").mkdir(parents=True)
    (tmp_path / "shadow").write_text(SECRET)
    (folder / "..data" / "mounted").write_text("")
    (folder / "mounted").symlink_to("..data/mounted")
    (folder / "own").write_text("")
    (folder / "away").symlink_to(tmp_path / "shadow")
    (folder / "through").symlink_to("away")
    (folder / "dangling").symlink_to(tmp_path / "nothing")

    def shown(name: str, *more: Path) -> list[bool]:
        problems = [Problem(str(folder / name), line, SECRET, SECRET) for line in (1, 1, 2)]
        hidden = hide_foreign(problems, [folder, *more])
        assert [problem.line for problem in hidden] == [1, 2]
        return [SECRET in str(problem) for problem in hidden]

    for name in ("own", "mounted", "gone"):
        assert shown(name) == [True, True]
    for name in ("away", "through", "dangling"):
        assert shown(name) == [False, False]
    assert shown("away", folder / "away") == [True, True], "the settings name it"
    assert shown("away", tmp_path) == [True, True], "it is within this folder"
