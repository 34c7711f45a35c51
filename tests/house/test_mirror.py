"""Tests mirror the package: `svcdns/dns/wire/names.py` has `tests/dns/wire/test_names.py`."""

from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "svcdns"
TESTS = Path(__file__).parents[1]

TESTED_ELSEWHERE: dict[str, str] = {}
"""Modules without a test of their name, and the reason."""


def modules() -> list[str]:
    paths = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
    return sorted(str(path) for path in paths if path.name not in ("__init__.py", "__main__.py"))


@pytest.mark.parametrize("module", modules())
def test_a_module_has_a_test_of_its_name(module: str) -> None:
    path = Path(module)
    has_test = (TESTS / path.parent / f"test_{path.name}").exists()

    assert has_test != (module in TESTED_ELSEWHERE), (
        f"write tests/{path.parent}/test_{path.name}, or say in TESTED_ELSEWHERE what covers svcdns/{module}"
        if not has_test
        else f"svcdns/{module} has a test of its name now: take it out of TESTED_ELSEWHERE"
    )


def test_the_list_names_modules_that_exist() -> None:
    assert TESTED_ELSEWHERE.keys() <= set(modules())
