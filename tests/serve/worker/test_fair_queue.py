"""Which query is taken next, and which one has to leave a full queue."""

from svcdns.serve.worker.fair_queue import FairQueue


def drain(queue: FairQueue[str]) -> list[str]:
    return list(iter(queue.take, None))


def test_each_client_in_turn_and_its_oldest_first() -> None:
    queue = FairQueue[str](10)
    for item in ("a1", "a2", "a3", "b1", "c1", "c2"):
        assert queue.put(item[0], item) is None
    assert len(queue) == 6
    assert drain(queue) == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert len(queue) == 0


def test_one_client_alone_has_all_the_room() -> None:
    queue = FairQueue[str](3)
    assert [queue.put("a", f"a{n}") for n in range(4)] == [None, None, None, "a3"]


def test_who_asks_most_makes_room() -> None:
    queue = FairQueue[str](3)
    for n in range(3):
        queue.put("a", f"a{n}")
    assert queue.put("b", "b0") == "a2"
    assert queue.put("b", "b1") == "b1", "as much as any other: it takes nothing from them"
    assert drain(queue) == ["a0", "b0", "a1"]


def test_the_last_of_many_clients_leaves_nothing_behind() -> None:
    queue = FairQueue[str](2)
    assert [queue.put(client, client) for client in "abc"] == [None, None, "c"]
    assert drain(queue) == ["a", "b"]
