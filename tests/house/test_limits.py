"""What is beyond a limit is told with its place; what is within is not."""

from pathlib import Path

import pytest

from tests.house import figures, limits

GOOD = '''
def total(prices):
    """The sum."""
    subtotal = sum(prices)

    # Rounded once, at the end: cents add up.
    return round(subtotal, 2)
'''


def complaints_of(folder: Path, **files: str) -> list[str]:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return limits.complaints(folder, figures.count(folder))


def test_good_code_has_no_complaint(tmp_path: Path) -> None:
    assert complaints_of(tmp_path, total=GOOD) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("    found = 1\n", "total.py:8: found: say what it holds"),
        ("    for other in prices:\n        pass\n", "total.py:8: other: say what it holds"),
        ("    low, high = 1, 2\n", "total.py:8: low, high = 1, 2: write one line each"),
        ("    low = 1\n" * 60, "total: 66 lines, at most 60"),
    ],
)
def test_complaint_names_the_place(tmp_path: Path, body: str, complaint: str) -> None:
    texts = complaints_of(tmp_path, total=GOOD + body)

    assert complaint in "\n".join(texts)


def test_a_swap_is_one_thought(tmp_path: Path) -> None:
    assert complaints_of(tmp_path, total=GOOD + "    low, high = high, low\n") == []


def test_a_file_name_stands_once(tmp_path: Path) -> None:
    (text,) = complaints_of(tmp_path, a__source=GOOD, b__source=GOOD, a__options=GOOD, b__options=GOOD)

    assert "one file name for two things" in text


def test_long_files_and_full_folders(tmp_path: Path) -> None:
    texts = complaints_of(tmp_path, long=GOOD * 43, **{f"m__f{number}": GOOD for number in range(26)})

    assert [text.split(":")[0] for text in texts] == [str(tmp_path / "m"), str(tmp_path / "long.py")]


def test_bodies_without_comments_and_paragraphs(tmp_path: Path) -> None:
    texts = complaints_of(tmp_path, total="def total(prices):\n" + "    a = 1\n" * 50)

    assert ["comments" in texts[0], "blank lines" in texts[1]] == [True, True]
