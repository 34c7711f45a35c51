"""The zones that are served to everybody."""

import pytest

from svcdns.dns.wire import names
from svcdns.sources.zonefiles import special_use
from tests.sources.zonefiles import problems


@pytest.mark.parametrize("origin", special_use.SPECIAL_USE_ZONES)
def test_special_use_zones_break_no_rule(origin: str) -> None:
    assert problems(special_use.SPECIAL_USE_ZONES[origin], origin) == []


def test_special_use_zones() -> None:
    assert {made.origin for made in special_use.build_zones()} == set(
        map(names.from_text, special_use.SPECIAL_USE_ZONES)
    )
