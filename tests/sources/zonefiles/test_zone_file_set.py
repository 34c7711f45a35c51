"""Zone files on disk: which are zones, what they may include, and what a mistake costs."""

import os
from pathlib import Path

import pytest

from svcdns.dns.wire import names
from svcdns.sources.zonefiles import (
    LoadedZones,
    ZoneFileSet,
    zone_file_reader,
    zone_file_set,
)
from tests.sources.zonefiles import APEX


def origins(loaded: LoadedZones | None) -> list[str]:
    assert loaded is not None
    return [names.to_text(zone.origin) for zone in loaded.zones]


def problems(loaded: LoadedZones | None, folder: Path) -> list[str]:
    assert loaded is not None
    return [str(problem).replace(f"{folder}/", "") for problem in loaded.problems]


def test_a_folder_means_its_zone_files(tmp_path: Path) -> None:
    for name in ("b.example.zone", "A.example.zone", ".hidden.zone", "README.md", "hosts.inc", "x.zone~"):
        (tmp_path / name).write_text(APEX)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "c.zone").write_text(APEX)
    loaded = ZoneFileSet([tmp_path]).load()
    assert (origins(loaded), loaded.problems, loaded.file_count) == (["a.example.", "b.example."], (), 2)


def test_a_single_file_of_any_name(tmp_path: Path) -> None:
    (tmp_path / "db.example").write_text("$ORIGIN example.com.\n" + APEX)
    assert origins(ZoneFileSet([tmp_path / "db.example"]).load()) == ["example.com."]
    (tmp_path / "db.example").write_text(
        APEX.replace("@ SOA", "example.net. SOA").replace("@ NS", "example.net. NS")
    )
    (found, *_) = problems(ZoneFileSet([tmp_path / "db.example"]).load(), tmp_path)
    assert found.startswith(
        "db.example:3: example.net. SOA: a relative name without an origin: end it with a dot"
    )


def test_a_file_that_is_listed_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a.zone").write_text(APEX)
    loaded = ZoneFileSet([tmp_path / "a.zone", tmp_path, tmp_path]).load()
    assert (origins(loaded), loaded.problems) == (["a."], ())


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "a.zone").write_text(APEX)
    zones = ZoneFileSet([tmp_path / "nowhere", tmp_path])
    loaded = zones.load()
    assert origins(loaded) == ["a."]
    assert problems(loaded, tmp_path) == [
        "nowhere: No such file or directory; expected a zone file, or a folder of *.zone files"
    ]
    assert loaded.broken_origins == (None,), "its zones may be those that the table has"
    assert loaded.file_count == 2

    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "b.zone").write_text(APEX)
    loaded_again = zones.reload(1.0)
    assert loaded_again is not None
    assert (origins(loaded_again), loaded_again.problems) == (["b.", "a."], ())
    assert loaded_again.broken_origins == ()


def test_a_file_of_a_known_zone_counts_before_it_exists(tmp_path: Path) -> None:
    zones = ZoneFileSet([tmp_path / "corp.internal.zone"])
    loaded = zones.load()
    assert loaded.broken_origins == (names.from_text("corp.internal"),)
    assert problems(loaded, tmp_path) == [
        "corp.internal.zone: cannot be read: No such file or directory",
        "corp.internal.zone: corp.internal.: not served until this is put right",
    ]

    (tmp_path / "corp.internal.zone").write_text(APEX)
    loaded_again = zones.reload(1.0)
    assert loaded_again is not None
    assert (origins(loaded_again), loaded_again.problems) == (["corp.internal."], ())


def test_two_files_of_one_zone(tmp_path: Path) -> None:
    (tmp_path / "a.zone").write_text(APEX)
    (tmp_path / "b.zone").write_text("$ORIGIN A.\n" + APEX + "www A 192.0.2.1")
    zones = ZoneFileSet([tmp_path])
    first = zones.load()
    assert len(first.zones[0].rrsets) == 2
    assert problems(first, tmp_path) == ["b.zone: a.: left out: a.zone is this zone already"]
    (tmp_path / "a.zone").unlink()
    loaded = zones.reload(1.0)
    assert problems(loaded, tmp_path) == []
    assert loaded and len(loaded.zones[0].rrsets) == 3


def test_a_mistake_keeps_the_last_good_zone_and_the_others(tmp_path: Path) -> None:
    one, other = tmp_path / "one.zone", tmp_path / "other.zone"
    one.write_text(APEX + "www A 192.0.2.1")
    other.write_text("mistake")
    zones = ZoneFileSet([tmp_path])
    first = zones.load()
    assert origins(first) == ["one."]
    assert problems(first, tmp_path)[-1] == "other.zone: other.: not served until this is put right"
    assert zones.reload(1.0) is None
    one.write_text(APEX + "www A 192.0.2.x")
    other.write_text(APEX)
    second = zones.reload(1.0)
    assert origins(second) == ["one.", "other."]
    assert second and second.zones[0] is first.zones[0]
    assert problems(second, tmp_path) == [
        "one.zone:6: www.one. A: '192.0.2.x' is not right; expected an IPv4 address, as 192.0.2.1",
        "one.zone: one.: answered as it was before these mistakes",
    ]
    one.unlink()
    assert origins(zones.reload(1.0)) == ["other."]


def test_an_empty_file_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "a.zone"
    path.write_text(APEX)
    zones = ZoneFileSet([tmp_path])
    zones.load()
    path.write_text("\n")
    assert zones.reload(10.0) is None
    assert zones.needs_polling
    assert zones.reload(11.9) is None
    loaded = zones.reload(12.0)
    assert origins(loaded) == ["a."]
    assert problems(loaded, tmp_path)[0].startswith("a.zone: no SOA record")
    assert not zones.needs_polling
    assert zones.reload(20.0) is None
    path.write_text(APEX)
    assert problems(zones.reload(21.0), tmp_path) == []
    path.write_text("")
    assert zones.reload(22.0) is None
    path.write_text(APEX + "www A 192.0.2.1")
    assert zones.reload(22.1)


def test_an_empty_included_file_is_being_written(tmp_path: Path) -> None:
    path, more = tmp_path / "a.zone", tmp_path / "more.inc"
    path.write_text(APEX + "$INCLUDE more.inc")
    more.write_text("www A 192.0.2.1")
    zones = ZoneFileSet([tmp_path])
    zones.load()
    more.write_text("")
    assert zones.reload(10.0) is None
    more.write_text("www A 192.0.2.2")
    assert zones.reload(10.1)
    more.write_text("")
    assert zones.reload(11.0) is None
    loaded = zones.reload(13.0)
    assert loaded and len(loaded.zones[0].rrsets) == 2
    assert loaded.problems == ()


def test_a_given_path_that_goes_keeps_its_zones(tmp_path: Path) -> None:
    folder = tmp_path / "zones"
    folder.mkdir()
    (folder / "a.zone").write_text(APEX)
    zones = ZoneFileSet([folder])
    zones.load()
    folder.rename(tmp_path / "away")
    loaded = zones.reload(1.0)
    assert origins(loaded) == ["a."]
    assert problems(loaded, tmp_path) == ["zones: No such file or directory; its last zones are kept"]
    (tmp_path / "away").rename(folder)
    assert problems(zones.reload(1.0), tmp_path) == []


def test_an_included_file_is_part_of_the_zone(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.zone").write_text(APEX + "$INCLUDE sub/one.inc")
    (tmp_path / "sub" / "one.inc").write_text('$INCLUDE "two.inc" x\n')
    zones = ZoneFileSet([tmp_path])
    assert problems(zones.load(), tmp_path)[0] == (
        "sub/one.inc:1: $INCLUDE: sub/two.inc cannot be read: No such file or directory"
    )
    (tmp_path / "sub" / "two.inc").write_text("@ A 192.0.2.1\n")
    loaded = zones.reload(1.0)
    assert loaded and b"\1x\1a\0" in loaded.zones[0].rrsets
    (tmp_path / "sub" / "two.inc").write_text("y A 192.0.2.1\n")
    assert b"\1y\1x\1a\0" in zones.load().zones[0].rrsets
    assert tmp_path / "sub" in zones.watched_folders


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret", "x/../../secret", "link", "folder/secret"])
def test_nothing_outside_of_the_folder_is_included(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "zones"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret TXT x")
    (folder / "link").symlink_to("../secret")
    (folder / "folder").symlink_to("..")
    (folder / "a.zone").write_text(APEX + f"$INCLUDE {name}")
    loaded = ZoneFileSet([folder]).load()
    assert loaded.zones == ()
    assert "folder" in str(loaded.problems[0]) and str(loaded.problems[0]).startswith(
        f"{folder}/a.zone:6: $INCLUDE"
    )
    assert "secret TXT" not in str(loaded.problems)


def test_a_mounted_config_map(tmp_path: Path) -> None:
    """Its files are links to a folder that is replaced at once."""
    for version in ("1", "2"):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "a.zone").write_text(APEX + "$INCLUDE more.inc\n")
        (tmp_path / f"..{version}" / "more.inc").write_text(f"x A 192.0.2.{version}\n")
    (tmp_path / "..data").symlink_to("..1")
    for name in ("a.zone", "more.inc"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    zones = ZoneFileSet([tmp_path])
    assert str(zones.load().zones[0].rrsets[b"\1x\1a\0"][1].rdata) == r"(b'\xc0\x00\x02\x01',)"
    before = zones.watched_folders
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").rename(tmp_path / "..data")
    loaded = zones.reload(1.0)
    assert loaded and str(loaded.zones[0].rrsets[b"\1x\1a\0"][1].rdata) == r"(b'\xc0\x00\x02\x02',)"
    assert zones.watched_folders != before


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    for name in ("a.zone", "b.inc"):
        match kind:
            case "pipe":
                os.mkfifo(tmp_path / name)
            case "folder":
                (tmp_path / name).mkdir()
            case "dangling":
                (tmp_path / name).symlink_to("nowhere")
    (tmp_path / "c.zone").write_text(APEX + "$INCLUDE b.inc")
    why = {
        "pipe": "it is not a regular file",
        "folder": "Is a directory",
        "dangling": "No such file or directory",
    }[kind]
    assert problems(ZoneFileSet([tmp_path]).load(), tmp_path) == [
        f"a.zone: cannot be read: {why}",
        "a.zone: a.: not served until this is put right",
        f"c.zone:6: $INCLUDE: b.inc cannot be read: {why}",
        "c.zone: c.: not served until this is put right",
    ]


def test_a_file_that_never_ends() -> None:
    found = ZoneFileSet(["/dev/zero"]).load()
    assert str(found.problems[0]) == "/dev/zero: cannot be read: it is not a regular file"


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zone").write_text(APEX)
    (tmp_path / "b.zone").write_text(APEX + "$INCLUDE more.inc\n" * 9)
    (tmp_path / "more.inc").write_text("x TXT " + "x" * 100 + "\n")
    monkeypatch.setattr(zone_file_reader, "MAX_ZONE_BYTES", 500)
    monkeypatch.setattr(zone_file_set, "MAX_RECORDS", 3)
    found = problems(ZoneFileSet([tmp_path]).load(), tmp_path)
    assert found[0] == "b.zone:8: $INCLUDE: a zone has at most 0 MiB, with all that it includes"
    assert len(found) == 8
    (tmp_path / "b.zone").write_text(APEX)
    loaded = ZoneFileSet([tmp_path]).load()
    assert origins(loaded) == ["a."]
    assert problems(loaded, tmp_path) == ["b.zone: b.: left out: all zones together have more than 3 records"]
    monkeypatch.setattr(zone_file_set, "MAX_ZONES", 1)
    assert problems(ZoneFileSet([tmp_path]).load(), tmp_path) == [
        "b.zone: b.: left out: there are more than 1 zones"
    ]


def test_a_link_out_of_the_folder_is_read_but_not_quoted(tmp_path: Path) -> None:
    """`evil.zone -> /etc/shadow`, by somebody who may write in the folder alone."""
    (tmp_path / "zones").mkdir()
    (tmp_path / "shadow").write_text("root:$6$secret:19000::::::\n$TTL secret\n")
    (tmp_path / "zones" / "evil.zone").symlink_to(tmp_path / "shadow")
    loaded = ZoneFileSet([tmp_path / "zones"]).load()
    texts = [str(problem) for problem in loaded.problems]
    assert texts and not any("secret" in text or "root:" in text for text in texts)
    assert all("the file is a link out of its folder" in text for text in texts)
    assert any("secret" in str(problem) for problem in ZoneFileSet([tmp_path / "shadow"]).load().problems)


def test_the_settings_give_a_file_its_origin(tmp_path: Path) -> None:
    database = tmp_path / "db.example"
    database.write_text(APEX + "www A 192.0.2.1")
    loaded = ZoneFileSet([f"a.example={database}", f"b.example={database}"]).load()
    assert (origins(loaded), loaded.problems) == (["a.example.", "b.example."], ())
    assert all(names.from_text("www")[:-1] + zone.origin in zone.rrsets for zone in loaded.zones)


def test_a_file_of_a_named_zone_that_is_not_there_yet(tmp_path: Path) -> None:
    database = tmp_path / "db.example"
    file_set = ZoneFileSet([f"a.example={database}"])
    loaded = file_set.load()
    assert loaded.broken_origins == (names.from_text("a.example"),)
    assert problems(loaded, tmp_path)[0].startswith("db.example: cannot be read: No such file")

    database.write_text(APEX)
    assert origins(file_set.reload(0.0)) == ["a.example."]


def test_a_file_of_another_zone_than_the_settings_give(tmp_path: Path) -> None:
    database = tmp_path / "db.example"
    database.write_text("$ORIGIN b.example.\n" + APEX)
    loaded = ZoneFileSet([f"a.example={database}"]).load()
    assert loaded.broken_origins == (names.from_text("a.example"),)
    assert problems(loaded, tmp_path)[0] == (
        "db.example: its SOA stands at b.example., but the settings give it as the file of a.example."
    )
