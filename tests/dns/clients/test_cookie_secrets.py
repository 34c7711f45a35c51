"""Secrets as people write them in a file, and those that change each day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.clients.cookie_secrets import MAX_SECRETS, parse_secrets, secrets_of_day

FIRST, SECOND = bytes(range(16)), bytes(range(16, 32))
DAY = 86_400


def test_the_order_of_the_file_stays() -> None:
    text = f"# rotated in May\n{FIRST.hex()}\n\n  {SECOND.hex().upper()}  # the previous one\r\n"
    assert parse_secrets(text) == (FIRST, SECOND)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 secrets: write 1 to 4"),
        ("# nothing\n", "0 secrets"),
        (f"{FIRST.hex()}\n" * (MAX_SECRETS + 1), "5 secrets"),
        (f"\n{FIRST.hex()}0\n", "line 2: a secret is 32 hexadecimal digits"),
        (FIRST.hex()[:-2], "line 1"),
        (f"{FIRST.hex()} {SECOND.hex()}", "line 1"),
        ("0x" + FIRST.hex()[2:], "line 1"),
        ("key: " + FIRST.hex(), "line 1"),
    ],
)
def test_a_mistake_has_its_line_and_shows_no_secret(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        parse_secrets(text)
    assert FIRST.hex()[:8] not in str(raised.value)


@given(st.text(max_size=200))
def test_any_text_is_secrets_or_a_value_error(text: str) -> None:
    try:
        secrets = parse_secrets(text)
    except ValueError:
        return
    assert all(len(secret) == 16 for secret in secrets)


def test_each_day_has_a_secret_and_takes_those_beside_it() -> None:
    first, second, third = (secrets_of_day(b"seed", day * DAY + 7) for day in (20_000, 20_001, 20_002))
    assert secrets_of_day(b"seed", 20_001 * DAY - 1) == first
    assert second[1] == first[0], "the previous day"
    assert second[2] == third[0], "a worker that looked at the clock a moment later"
    assert third[0] not in first
    assert len({*first, *second, *third}) == 5
    assert secrets_of_day(b"another", 20_000 * DAY)[0] != first[0]
