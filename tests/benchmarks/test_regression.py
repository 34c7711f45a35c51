"""The pure parts that are timed, and the check in CI that one has become slower."""

from benchmarks import micro_cases, regression
from benchmarks.micro_cases import Case
from svcdns.dns.answer.reply_cache import ReplyCache


def test_every_part_can_be_done_again_and_again() -> None:
    for case in micro_cases.make_cases(packets=16, items=4):
        case.work()
        case.work()


def test_every_part_has_its_usual_multiple() -> None:
    assert regression.BASELINE.keys() == {case.title for case in micro_cases.make_cases(packets=4, items=2)}


def test_twice_the_usual_is_noticed_and_a_third_more_is_not() -> None:
    usual = regression.BASELINE
    assert regression.find_slow({title: 2.0 * item for title, item in usual.items()}) == list(usual)
    assert regression.find_slow({title: 1.33 * item for title, item in usual.items()}) == []


def test_multiples_are_per_call() -> None:
    loop = regression.make_reference()
    case = Case("the same", loop.calls, loop.work)
    assert regression.measure_multiples([case], rounds=3)["the same"] > 0


def test_the_whole_hot_path_is_timed() -> None:
    """A kept reply would be given without it; the method must be the one that svcdns calls."""
    cache = micro_cases._NoReplyCache()
    ReplyCache.add(cache, bytes(16), bytes(16))
    assert cache, "the real method keeps a reply"

    cache.clear()
    cache.add(bytes(16), bytes(16))

    assert not cache
