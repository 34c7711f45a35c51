"""The flat settings: each is made from one field, and conflicts are found."""

from typing import Any, get_args

import msgspec
from msgspec import Meta

from svcdns.config import settings
from svcdns.config.settings import ALL, PARTS, SECTIONS, Settings


def test_each_setting_is_made_from_one_field() -> None:
    fields = [(setting.kind, setting.field) for section in SECTIONS for setting in section.settings]
    assert len(set(fields)) == len(fields) == len(ALL) - 1 == len(Settings.model_fields) - 1


def test_a_field_is_a_setting_where_people_can_write_it() -> None:
    """A field that somebody adds is a flag, variable and key; so what is none says so by its type."""
    not_settings = [
        f"{kind.__name__}.{info.name}"
        for kind, part in PARTS.items()
        for info in msgspec.structs.fields(kind)
        if info.name not in {setting.field for setting in part.settings}
    ]
    assert not_settings == [
        "ClusterZone.follows_ranges",
        "ForwardOptions.attempts",
        "CacheOptions.entries_per_mib",
        "CacheOptions.client_timer",
        "Block.suffix",
        "Block.rules",
        "Block.hosts",
        "Block.cluster",
        "Block.routes",
        "Block.cache",
        "Listener.certificate",
        "Listener.blocks",
    ]


def test_every_number_has_both_bounds() -> None:
    numbers = [info for kind in PARTS for info in msgspec.structs.fields(kind) if _bounds(info.type)]
    assert len(numbers) > 10
    for info in numbers:
        (bounds,) = _bounds(info.type)
        assert bounds.ge is not None and bounds.le is not None, info.name
        if isinstance(info.default, int | float):
            assert bounds.ge <= info.default <= bounds.le, info.name


def _bounds(annotation: Any) -> list[Meta]:
    return [mark for mark in get_args(annotation) if isinstance(mark, Meta)]


def test_what_does_not_go_together_is_all_said() -> None:
    values = {"tls_cert": "/c", "ignore_empty_service": True, "no_endpoints": True}
    found = Settings.model_validate(values)
    assert [conflict.fields for conflict in settings.conflicts(found)] == [
        ("ignore_empty_service", "no_endpoints"),
        ("tls_cert", "tls_key"),
    ]
