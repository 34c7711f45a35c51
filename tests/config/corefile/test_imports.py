"""What is imported stands in the place of the line, with its own place in what is said of it."""

import os
from pathlib import Path

from svcdns.config import config_file, loader
from tests.config.corefile import translating


def settings(folder: Path, text: str) -> list[str]:
    return list(translating.settings(translating.translated(text, folder=folder)))


def said(folder: Path, text: str) -> list[str]:
    return [
        line.replace(f"{folder}/", "")
        for line in translating.said(translating.translated(text, folder=folder))
    ]


def test_files_stand_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "custom").mkdir()
    (tmp_path / "custom" / "b.override").write_text("forward b.example 192.0.2.2\n")
    (tmp_path / "custom" / "a.override").write_text("forward a.example 192.0.2.1\nfuture\n")
    (tmp_path / "custom" / "one.server").write_text("c.example {\n forward . 192.0.2.3\n}\n")
    (tmp_path / "custom" / "README").write_text("no Corefile")
    text = ".:53 {\n errors\n import custom/*.override\n loop\n}\nimport custom/*.server\nimport none/*.x\n"
    assert [line for line in settings(tmp_path, text) if " forward:" in line] == [
        "3 forward: - a.example=192.0.2.1:53",
        "3 forward: - b.example=192.0.2.2:53",
        "6 forward: - c.example=192.0.2.3:53",
    ]
    assert "3: custom/a.override:2: future: not supported: left out" in said(tmp_path, text)


def test_a_path_is_relative_to_the_file_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "first").write_text("import second\n")
    (tmp_path / "more" / "second").write_text("forward . 192.0.2.1\n")
    assert "2 forward: - 192.0.2.1:53" in settings(tmp_path, ". {\n import more/first\n}\n")


def test_a_snippet_with_arguments(tmp_path: Path) -> None:
    text = """(to) {
        forward {args.0} {args[1]} {
            policy {args.2}
        }
    }
    (all) {
        import to . 192.0.2.1 sequential
    }
    . {
        import all
        import to a.example 192.0.2.2 sequential
    }
    """
    assert [line for line in settings(tmp_path, text) if "forward" in line] == [
        "2 forward: - 192.0.2.1:53",
        "2 forward: - a.example=192.0.2.2:53",
        "3 forward_policy: sequential",
    ]


def test_a_mistake_in_a_file_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("errors\n}\n")
    assert said(tmp_path, ". {\n import x\n}\n") == ["3: error: a `{` was expected after }"]
    (tmp_path / "x").write_text('errors\n log "\n')
    assert said(tmp_path, ". {\n import x\n}\n") == ["2: error: x:2: a quote is opened here and not closed"]
    (tmp_path / "x").write_bytes(b"\xff")
    assert said(tmp_path, ". {\n import x\n}\n") == ["2: error: x: the file is not UTF-8 text"]
    (tmp_path / "x").write_text("log {$NOT_SET}\n")
    assert "2: x:1: {$NOT_SET}: this environment variable is not set, so it is empty" in said(
        tmp_path, ". {\n import x\n}\n"
    )


def test_a_file_that_imports_itself(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("import x\n")
    (line,) = said(tmp_path, ". {\n import x\n}\n")
    assert line.endswith("more than 1000 imports: does a file import itself?")
    (tmp_path / "x").write_text("import x\nimport x\n errors\n" * 10)
    (line,) = said(tmp_path, ". {\n import x\n}\n")
    assert "more than 10000 words" in line


def test_a_pipe_is_no_file_to_import(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert said(tmp_path, ". {\n import pipe\n}\n") == [
        "2: error: pipe: cannot be read: it is not a regular file"
    ]
    assert settings(tmp_path, ". {\n import *pe\n}\n")


def test_what_is_imported_is_read_again_when_it_changes(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(". {\n import custom/*.x\n import one\n}\n")
    (tmp_path / "custom").mkdir()
    (tmp_path / "custom" / "a.x").write_text("errors\n")
    (tmp_path / "one").write_text("errors\n")
    paths = config_file.read_config_file(tmp_path / "Corefile").paths
    assert [str(path.relative_to(tmp_path)) for path in paths] == ["Corefile", "custom", "custom/a.x", "one"]

    (tmp_path / "svcdns.yaml").write_text("corefile: |\n . {\n  import one\n }\n")
    loaded = loader.load_with_origins({"config": str(tmp_path / "svcdns.yaml")})
    assert loaded.config_paths == (tmp_path / "svcdns.yaml", tmp_path / "one")
