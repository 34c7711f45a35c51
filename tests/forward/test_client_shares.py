"""How many places a client gets, alone and beside others."""

import pytest

from svcdns.forward.client_shares import OURSELVES, ClientShares


def fill(shares: ClientShares, client: str, limit: int) -> int:
    """Take what the client may have; how much that was."""
    before = shares.total
    while shares.has_room(client, limit):
        shares.take(client)
    return shares.total - before


@pytest.mark.parametrize(("limit", "places"), [(1000, 800), (10, 8), (5, 4), (1, 1)])
def test_a_client_alone_gets_most_of_the_room(limit: int, places: int) -> None:
    assert fill(ClientShares(), "a", limit) == places


def test_a_client_that_comes_later_has_a_place() -> None:
    shares = ClientShares()
    assert [fill(shares, client, 1000) for client in "abc"] == [800, 160, 32]


def test_our_own_questions_are_bounded_by_the_room_alone() -> None:
    assert fill(ClientShares(), OURSELVES, 1000) == 1000


def test_places_come_back() -> None:
    shares = ClientShares()
    for _ in range(fill(shares, "a", 10)):
        shares.give_back("a")
    assert (shares.total, shares._by_client) == (0, {})
    assert fill(shares, "a", 10) == 8
