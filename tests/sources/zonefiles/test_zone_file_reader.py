"""The files of one zone: within its folder, within bounds, and remembered."""

from pathlib import Path

import pytest

from svcdns.errors import ZoneFileError
from svcdns.sources.zonefiles import zone_file_reader
from svcdns.sources.zonefiles.zone_file_reader import ZoneFileReader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "zones"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to("../secret")
    (folder / "blank.inc").write_text("\n")
    zone_path = folder / "a.zone"
    zone_path.write_text("text")
    return zone_path


def test_files_are_remembered_as_they_were(path: Path) -> None:
    reader = ZoneFileReader(path)
    assert reader.read_zone_file() == b"text"
    blank = path.parent / "blank.inc"
    assert reader.read_include(str(path), "blank.inc") == (str(blank), b"\n")
    with pytest.raises(ZoneFileError, match=r"none\.inc cannot be read: No such file or directory"):
        reader.read_include(str(path), "none.inc")

    assert reader.blank_paths == [blank]
    sizes = {file.name: status and status.size for file, status in reader.signatures.items()}
    assert sizes == {"a.zone": 4, "blank.inc": 1, "none.inc": None}


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "link", "x/../../secret"])
def test_nothing_outside_of_the_folder_is_read(path: Path, name: str) -> None:
    with pytest.raises(ZoneFileError, match="folder"):
        ZoneFileReader(path).read_include(str(path), name)


def test_a_zone_is_bounded_with_all_that_it_includes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_file_reader, "MAX_ZONE_BYTES", 5)
    (path.parent / "more.inc").write_text("xx")
    reader = ZoneFileReader(path)
    reader.read_zone_file()
    with pytest.raises(ZoneFileError, match="a zone has at most 0 MiB, with all that it includes"):
        reader.read_include(str(path), "more.inc")
