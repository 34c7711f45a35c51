"""One zone file over time: its last good zone, and what is wrong with it now."""

from pathlib import Path

import pytest

from svcdns.dns.wire import names
from svcdns.sources.emptied import GRACE
from svcdns.sources.zonefiles.zone_file import ZoneFile
from tests.sources.zonefiles import APEX

NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def file(tmp_path: Path) -> ZoneFile:
    path = tmp_path / "a.zone"
    path.write_text(APEX + "$INCLUDE more.inc\n")
    (tmp_path / "more.inc").write_text("www A 192.0.2.1\n")
    zone_file = ZoneFile(path)
    assert zone_file.update(0.0, NOTHING)
    return zone_file


def test_a_mistake_keeps_the_last_good_zone(file: ZoneFile) -> None:
    good_zone = file.zone
    assert good_zone is not None and not file.problems

    file.path.write_text("mistake\n")
    assert file.update(1.0, NOTHING)
    assert file.zone is good_zone
    assert [problem.message for problem in file.problems][-1] == "answered as it was before these mistakes"
    assert not file.update(2.0, NOTHING)


def test_an_included_file_counts_as_its_own(file: ZoneFile) -> None:
    assert not file.update(1.0, NOTHING)
    (file.path.parent / "more.inc").write_text("www A 192.0.2.1\nmail A 192.0.2.2\n")
    assert file.update(2.0, NOTHING)
    assert file.zone is not None and names.from_text("mail.a.") in file.zone.rrsets


def test_an_included_file_that_is_being_written(file: ZoneFile) -> None:
    good_zone = file.zone
    (file.path.parent / "more.inc").write_text("")
    assert not file.update(1.0, NOTHING)
    assert (file.zone, file.emptied.is_waiting) == (good_zone, True)
    assert file.update(1.0 + GRACE, NOTHING)
    assert file.zone is not None and names.from_text("www.a.") not in file.zone.rrsets


def test_a_zone_that_was_never_good_has_the_origin_of_its_soa(tmp_path: Path) -> None:
    path = tmp_path / "b.zone"
    path.write_text(APEX.replace("@", "c.") + "www A x\n")
    file = ZoneFile(path)
    assert file.update(0.0, NOTHING)
    assert (file.zone, file.origin) == (None, names.from_text("c."))
    assert str(file.problems[-1]) == f"{path}: c.: not served until this is put right"
