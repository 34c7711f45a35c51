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


def test_reverse_zones_yield_to_routes() -> None:
    def missing(**routes: bool) -> set[str]:
        suffixes = [(names.from_text(text), is_asked) for text, is_asked in routes.items()]
        built = {zone.origin for zone in special_use.build_zones(suffixes)}
        return {text for text in special_use.SPECIAL_USE_ZONES if names.from_text(text) not in built}

    documentation = {
        "2.0.192.in-addr.arpa.",
        "100.51.198.in-addr.arpa.",
        "113.0.203.in-addr.arpa.",
        "8.b.d.0.1.0.0.2.ip6.arpa.",
    }
    assert missing() == set()
    assert missing(**{".": True}) == documentation
    assert missing(**{".": True, "192.in-addr.arpa": False}) == documentation
    assert missing(**{".": False, "localhost": True}) == set()
    assert missing(**{"169.in-addr.arpa": True}) == {"254.169.in-addr.arpa."}
    assert missing(**{"7.254.169.in-addr.arpa": False}) == {"254.169.in-addr.arpa."}
    assert "127.in-addr.arpa." not in missing(**{"in-addr.arpa": True, "arpa": True})
