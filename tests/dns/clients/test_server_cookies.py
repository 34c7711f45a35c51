"""Cookies as RFC 9018 makes them, for how long they are taken, and who can make them."""

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.clients.server_cookies import LIFETIME, MAX_SKEW, RENEWAL_AGE, ServerCookies

OLD, NEW, THIRD = (bytes((number,)) * 16 for number in range(3))
CLIENT, NEIGHBOUR = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
QUERY = b"8 octets"
HEAD = bytes.fromhex("000a0018")
NOW = 1_700_000_000


def cookies(*secrets: bytes, now: float = NOW) -> ServerCookies:
    return ServerCookies(secrets or (NEW,), lambda: now)


def made(now: float = NOW, client: bytes = CLIENT, secret: bytes = NEW) -> bytes:
    """A cookie as the client sends it back."""
    return cookies(secret, now=now).reply_option(QUERY, client)[4:]


@pytest.mark.parametrize(
    ("secret", "address", "query", "now", "reply"),
    [
        (
            "e5e973e5a6b2a43f48e7dc849e37bfcf",
            "198.51.100.100",
            "2464c4abcf10c957",
            1559731985,
            "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
        ),
        (
            "e5e973e5a6b2a43f48e7dc849e37bfcf",
            "198.51.100.100",
            "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
            1559734385,
            "2464c4abcf10c957010000005cf7a871d4a564a1442aca77",
        ),
        (
            "e5e973e5a6b2a43f48e7dc849e37bfcf",
            "203.0.113.203",
            "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
            1559734700,
            "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e",
        ),
        (
            "445536bcd2513298075a5d379663c962",
            "2001:db8:220:1:59de:d0f4:8769:82b8",
            "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
            1559741961,
            "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
        ),
    ],
    ids=["learn", "renewed", "another client, with reserved bytes", "IPv6, with a new secret"],
)
def test_the_examples_of_rfc_9018(secret: str, address: str, query: str, now: int, reply: str) -> None:
    found = cookies(bytes.fromhex(secret), now=now).reply_option(
        bytes.fromhex(query), ipaddress.ip_address(address).packed
    )
    assert found == HEAD + bytes.fromhex(reply)


def test_the_reserved_bytes_are_hashed_as_they_came() -> None:
    """RFC 9018 A.3: another server made it, while it was young."""
    taken = cookies(bytes.fromhex("e5e973e5a6b2a43f48e7dc849e37bfcf"), now=1559727985 + 60)
    cookie = bytes.fromhex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5")
    client = ipaddress.ip_address("203.0.113.203").packed
    assert taken.is_valid(cookie, client)
    assert taken.reply_option(cookie, client) == HEAD + cookie


@pytest.mark.parametrize(
    ("age", "is_valid", "stays"),
    [
        (0, True, True),
        (RENEWAL_AGE - 1, True, True),
        (RENEWAL_AGE, True, False),
        (LIFETIME, True, False),
        (LIFETIME + 1, False, False),
        (-1, True, True),
        (-MAX_SKEW, True, True),
        (-MAX_SKEW - 1, False, False),
        (1 << 31, False, False),
    ],
)
@pytest.mark.parametrize("now", [NOW, (1 << 32) - 5, (1 << 32) + 100])
def test_a_cookie_is_taken_for_an_hour_and_renewed_after_half_of_it(
    age: int, is_valid: bool, stays: bool, now: int
) -> None:
    """Also where the seconds begin anew."""
    cookie = made(now - age)
    taken = cookies(now=now)
    assert taken.is_valid(cookie, CLIENT) == is_valid
    reply = taken.reply_option(cookie, CLIENT)
    assert (reply == HEAD + cookie) == stays
    assert reply[4:12] == QUERY, "the client's part always stays"
    assert taken.is_valid(reply[4:], CLIENT)


def test_a_rotation_refuses_no_cookie() -> None:
    """Three steps, of which each server takes one while another has not yet."""
    steps = [(OLD,), (OLD, NEW), (NEW, OLD), (NEW,)]
    for before, after in itertools.pairwise(steps):
        assert cookies(*after).is_valid(made(secret=before[0]), CLIENT)
        assert cookies(*before).is_valid(made(secret=after[0]), CLIENT)
    assert not cookies(OLD).is_valid(made(secret=NEW), CLIENT)


def test_a_cookie_of_the_previous_secret_is_renewed_at_once() -> None:
    reply = cookies(NEW, OLD).reply_option(made(secret=OLD), CLIENT)
    assert reply == HEAD + made(secret=NEW)


def test_replaced_secrets_hold_at_once() -> None:
    taken = cookies(OLD)
    taken.replace_secrets((NEW,))
    assert taken.is_valid(made(secret=NEW), CLIENT)
    assert not taken.is_valid(made(secret=OLD), CLIENT)


@given(st.binary(min_size=8, max_size=40), st.sampled_from([CLIENT, NEIGHBOUR, bytes(16)]))
def test_nobody_else_makes_a_valid_cookie(cookie: bytes, client: bytes) -> None:
    """And whatever comes, a good one goes back."""
    taken = cookies()
    assert not taken.is_valid(cookie, client)
    reply = taken.reply_option(cookie, client)
    assert (len(reply), reply[:12]) == (28, HEAD + cookie[:8])
    assert taken.is_valid(reply[4:], client)


@given(st.integers(0, 23), st.integers(1, 255))
def test_a_changed_cookie_or_anothers_is_not_valid(at: int, change: int) -> None:
    cookie = bytearray(made())
    cookie[at] ^= change
    assert not cookies().is_valid(bytes(cookie), CLIENT)
    assert not cookies().is_valid(made(), NEIGHBOUR)
    assert not cookies().is_valid(made() + b"\0", CLIENT)
