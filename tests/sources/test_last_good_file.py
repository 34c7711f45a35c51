"""One file over time: when it is read again, and what stays when it cannot be read."""

from pathlib import Path

import pytest

from svcdns.sources import filesystem
from svcdns.sources.emptied import GRACE
from svcdns.sources.last_good_file import LastGoodFile


class TextFile(LastGoodFile):
    """A file that says its text."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, max_bytes=20)
        self.text = ""
        self.parsed_count = 0

    @property
    def has_contents(self) -> bool:
        return bool(self.text)

    def parse(self, data: bytes) -> bool:
        self.parsed_count += 1
        previous_text = self.text
        self.text = data.decode().strip()
        return self.text != previous_text

    def look(self, now: float, *, is_reported: bool = False) -> bool:
        return self.update(filesystem.read_signature(self.path), now, is_reported=is_reported)


@pytest.fixture
def file(tmp_path: Path) -> TextFile:
    path = tmp_path / "file"
    path.write_text("first")
    text_file = TextFile(path)
    assert text_file.look(0.0)
    return text_file


def test_the_same_bytes_are_parsed_once(file: TextFile) -> None:
    assert not file.look(1.0)
    assert not file.look(2.0, is_reported=True)
    assert file.parsed_count == 1

    file.path.write_text("first ")
    assert not file.look(3.0), "it says the same"
    assert file.parsed_count == 2


def test_what_cannot_be_read_keeps_its_contents(file: TextFile) -> None:
    file.path.write_text("x" * 21)
    assert file.look(1.0)
    assert file.read_error == "cannot be read: it is larger than 0 MiB: divide it into several files"
    assert not file.look(2.0), "it says the same as at the last look"
    assert file.text == "first"

    file.path.unlink()
    assert file.look(3.0)
    assert (file.read_error, file.text) == ("cannot be read: No such file or directory", "first")

    file.path.write_text("first")
    assert file.look(4.0), "the error is gone"
    assert file.read_error == ""


def test_an_emptied_file_keeps_its_contents_for_a_while(file: TextFile) -> None:
    file.path.write_text("\n")
    assert not file.look(1.0)
    assert (file.text, file.emptied.is_waiting) == ("first", True)
    assert file.look(1.0 + GRACE)
    assert (file.text, file.emptied.is_waiting) == ("", False)
