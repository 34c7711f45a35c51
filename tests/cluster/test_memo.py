"""The last result of each Service is remembered, and no other."""

from svcdns.cluster import memo


def test_the_last_result_of_each_service() -> None:
    calls = []

    def build(argument: int) -> list[int]:
        calls.append(argument)
        return [argument]

    remembered = memo.remember_last_per_service(build)
    first = remembered("web")(1)
    assert remembered("db")(1) is not first, "each Service has its own"
    assert remembered("web")(1) is first
    assert calls == [1, 1]

    assert remembered("web")(2) == [2]
    assert remembered("web")(1) == first and remembered("web")(1) is not first
    assert calls == [1, 1, 2, 1]


def test_few_services_are_remembered() -> None:
    calls: list[int] = []
    remembered = memo.remember_last_per_service(calls.append)
    for number in range(20):
        remembered(number)(number)
    remembered(19)(19)
    remembered(0)(0)
    assert calls == [*range(20), 0]
