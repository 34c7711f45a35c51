"""A world from its beginning to its end, with all that must hold meanwhile."""

import contextlib
import dataclasses
import functools
import ipaddress
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from unittest import mock

import dns.message
import dns.name
from dns.name import Name
from dns.rdatatype import RdataType

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.table import node_format
from svcdns.serve.watcher import memory
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests.clusters import questions
from tests.clusters.events import Event
from tests.clusters.questions import Question
from tests.compare import differences
from tests.dns import asked, tables
from tests.fuzz import linked_answers, linked_worlds
from tests.fuzz.linked_cluster import LinkedCluster
from tests.fuzz.linked_worlds import World
from tests.fuzz.memory_table import MemoryTable
from tests.oracle import Options, Oracle
from tests.summary import Summary

REAL_TABLE_IN = 100
"""One world in so many is written to LMDB too."""
ORACLE_IN = 25
"""The oracle, which is slow, is asked of one world in so many."""
NAMES_ASKED = 20
"""Of the oracle, in such a world."""


def check_world(seed: int) -> None:
    """The world of this seed: raises AssertionError, or whatever a bug raises."""
    world = linked_worlds.from_seed(seed)
    # It would keep all that lives from the garbage collector: right once in a process.
    with mock.patch.object(memory, "release_free_memory", lambda: None):
        table = MemoryTable()
        live = LinkedCluster(world.options, table)
        live.list_all(world.start)
        for turn in world.turns:
            live.push(turn)

        _check_end(world, live, table)
        if seed % REAL_TABLE_IN == 0:
            _check_real_table(world, table)
        if seed % ORACLE_IN == 0:
            ask_oracle(world, table, seed)
        _check_removal(world, live, table)


def _check_end(world: World, live: LinkedCluster, table: MemoryTable) -> None:
    """The table is as one that was made of the objects as they are."""
    anew = MemoryTable()
    LinkedCluster(world.options, anew).list_all(world.end.values())
    assert _answers(table) == _answers(anew), _difference(_answers(table), _answers(anew))

    live.check_warnings(world.end.values())
    linked_answers.check_answers(table.values, world.options)


def _check_removal(world: World, live: LinkedCluster, table: MemoryTable) -> None:
    """Without its objects, removed in two turns, the cluster has no names but those of the zones."""
    removals = [Event(key, None) for key in world.end]
    half = len(removals) // 2
    for turn in (removals[:half], removals[half:]):
        live.push(turn)

    empty = _empty_answers(world.options)
    assert _answers(table) == empty, _difference(_answers(table), empty)
    live.check_empty()


@functools.cache
def _empty_answers(options: Options) -> dict[bytes, bytes]:
    empty = MemoryTable()
    LinkedCluster(options, empty).list_all([])
    return _answers(empty)


def _check_real_table(world: World, memory_table: MemoryTable) -> None:
    """LMDB holds after each step what the dict holds."""
    in_memory = MemoryTable()
    with _real_table() as writer:
        real = LinkedCluster(world.options, writer)
        beside = LinkedCluster(world.options, in_memory)
        steps: list[Callable[[LinkedCluster], None]] = [lambda cluster: cluster.list_all(world.start)]
        steps += [lambda cluster, turn=turn: cluster.push(turn) for turn in world.turns]  # type: ignore[misc]
        for step in steps:
            step(real)
            step(beside)
            stored = _without_serial(dict(writer.entries_with_prefix(b"")))
            assert stored == _answers(in_memory), _difference(stored, _answers(in_memory))
    assert _answers(in_memory) == _answers(memory_table)


@contextlib.contextmanager
def _real_table() -> Iterator[TableWriter]:
    with tempfile.TemporaryDirectory() as folder:
        state = StateFolder(Path(folder))
        state.create_live(None)
        writer = TableWriter(state.live_path)
        try:
            yield writer
        finally:
            writer.close()
            state.close()


def ask_oracle(world: World, table: MemoryTable, seed: int) -> None:
    """The answers are what the oracle says of the same objects."""
    objects = [obj for obj in world.end.values() if obj["kind"] != "ServiceCIDR"]
    oracle = Oracle(objects, _with_ranges(world))
    caches = tables.serve(table.values, AnswerContext(lambda bits: 0))
    summary = Summary(oracle.zones[0])
    for name, rdtype in _questions(oracle, Random(seed)):
        query = dns.message.make_query(name, rdtype).to_wire()
        reply = asked.without_id(caches, query[2:], stream=True)
        assert isinstance(reply, bytes), f"not answered: {reply}"
        summary.add(name, rdtype, differences(query, query[:2] + reply, oracle.answer(name, rdtype)))
    assert not summary.wrong, summary


def _questions(oracle: Oracle, chance: Random) -> Iterator[Question]:
    """Some names that exist, and of each one below it that mostly does not."""
    existing = oracle.names
    for name in chance.sample(existing, min(NAMES_ASKED, len(existing))):
        for rdtype in chance.sample(questions.TYPES, 3):
            yield name, rdtype
        with contextlib.suppress(dns.name.NameTooLong):
            yield Name((chance.choice((b"10-0-0-1", b"_tcp", b"web-0", b"1")), *name.labels)), RdataType.A


def _with_ranges(world: World) -> Options:
    """The oracle's options with the ServiceCIDRs as reverse zones, where nothing else is set."""
    options = world.options
    if options.reverse != Options().reverse:
        return options

    service_cidrs = [obj for obj in world.end.values() if obj["kind"] == "ServiceCIDR"]
    cidrs = [text for obj in service_cidrs for text in obj["spec"]["cidrs"]]
    # A network of less than a label has no zone.
    whole = [text for text in cidrs if ipaddress.ip_network(text).num_addresses >= 256]
    return dataclasses.replace(options, reverse=(*options.reverse, *dict.fromkeys(whole)))


def _answers(table: MemoryTable) -> dict[bytes, bytes]:
    return _without_serial(table.values)


def _without_serial(values: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {key: value for key, value in values.items() if key != node_format.SERIAL_KEY}


def _difference(got: dict[bytes, bytes], wanted: dict[bytes, bytes]) -> str:
    """The keys that differ: too many, missing, and others."""
    others = {key for key in got.keys() & wanted.keys() if got[key] != wanted[key]}
    return f"extra {got.keys() - wanted.keys()}, missing {wanted.keys() - got.keys()}, other values {others}"
