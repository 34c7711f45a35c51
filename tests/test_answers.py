"""The answers against the oracle: any cluster, any options, and after anything that happens to it."""

import asyncio
from collections.abc import Iterable, Iterator

import dns.message
from hypothesis import given
from hypothesis import strategies as st

from tests import inprocess, scenarios
from tests.clusters import events, objects, questions, settings
from tests.clusters.events import Event
from tests.clusters.questions import Question
from tests.compare import differences
from tests.inprocess import Worker
from tests.oracle import Options, Oracle
from tests.summary import Summary

SEEDS = st.integers(0, 2**32)

QUESTIONS = 120
"""Asked in each example; there are some ten thousand for each cluster."""


def ask(worker: Worker, oracle: Oracle, asked: Iterable[Question]) -> Summary:
    """Hold the answers to these questions against the oracle's."""
    summary = Summary(oracle.zones[0])
    for name, rdtype in asked:
        query = dns.message.make_query(name, rdtype).to_wire()
        summary.add(name, rdtype, differences(query, worker.answer(query), oracle.answer(name, rdtype)))
    return summary


def turns(history: list[Event], size: int) -> Iterator[list[Event]]:
    """What the watcher takes together, some events at a time."""
    return (history[start : start + size] for start in range(0, len(history), size))


async def test_scenarios() -> None:
    rows = scenarios.rows("services", "other_names")
    with inprocess.cluster(Options()) as cluster:
        await cluster.start(scenarios.cluster())
        with cluster.worker() as worker:
            summary = ask(worker, Oracle(scenarios.cluster()), [(row.name, row.type) for row in rows])
    assert not summary.wrong, summary


@given(objects.clusters(), settings.options(), SEEDS)
def test_a_cluster_is_answered_as_the_oracle_says(
    known: list[objects.Object], options: Options, seed: int
) -> None:
    async def run() -> Summary:
        oracle = Oracle(known, options)
        with inprocess.cluster(options) as cluster:
            await cluster.start(known)
            with cluster.worker() as worker:
                return ask(worker, oracle, questions.some(oracle, seed, QUESTIONS))

    summary = asyncio.run(run())
    assert not summary.wrong, summary


@given(objects.clusters(), events.histories(), settings.options(), SEEDS)
def test_after_any_history_the_table_is_as_made_anew(
    known: list[objects.Object], history: list[Event], options: Options, seed: int
) -> None:
    end = events.after(history, known)

    async def run() -> Summary:
        oracle = Oracle(end, options)
        with inprocess.cluster(options) as changed, inprocess.cluster(options) as anew:
            await changed.start(known)
            for turn in turns(history, 1 + seed % 3):
                changed.push(turn)
            await anew.start(end)
            assert changed.entries() == anew.entries()
            with changed.worker() as worker:
                return ask(worker, oracle, questions.some(oracle, seed, QUESTIONS))

    summary = asyncio.run(run())
    assert not summary.wrong, summary


async def test_a_wrong_answer_is_seen() -> None:
    known = scenarios.cluster()
    with inprocess.cluster(Options(ttl=5, pods="disabled")) as cluster:
        await cluster.start(known)
        with cluster.worker() as worker:
            summary = ask(worker, Oracle(known), questions.some(Oracle(known), 1, 400))
    assert summary.wrong > 300
