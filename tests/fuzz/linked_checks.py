"""A world from its beginning to its end, with all that must hold meanwhile."""

import contextlib
import dataclasses
import functools
import ipaddress
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import dns.message
import dns.name
from dns.name import Name
from dns.rdatatype import RdataType

from svcdns.dns.answer.answer_context import AnswerContext
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
from tests.fuzz.memory_table import MemoryTable, without_serial
from tests.oracle import Options, Oracle
from tests.summary import Summary

CHECKED_IN = 3
"""The answers are asked for in one world of so many, and in another one the objects go again."""
REAL_TABLE_IN = 101
"""One world of so many is written to LMDB too. A prime, as the next one: any step of seeds meets them."""
ORACLE_IN = 307
"""The oracle, which is slow, is asked of one world of so many."""
NAMES_ASKED = 20
"""Of the oracle, in such a world."""


def check_world(seed: int) -> None:
    """The world of this seed: raises AssertionError, or whatever a bug raises."""
    world = linked_worlds.from_seed(seed)
    table = MemoryTable()
    live = LinkedCluster(world.options, table)
    live.list_all(world.start)
    for turn in world.turns:
        live.push(turn)

    anew = MemoryTable()
    LinkedCluster(world.options, anew).list_all(world.end.values())
    _check_equal(table.answers(), anew.answers())

    # What contradicts itself has no right answers.
    if not world.is_wild:
        live.check_warnings(world.end.values())
        if seed % CHECKED_IN == 0:
            linked_answers.check_answers(table.values, world.options)
        if seed % ORACLE_IN == 0:
            _ask_oracle(world, table, seed)
    if seed % REAL_TABLE_IN == 0:
        _check_real_table(world)
    # At last, for nothing is left then.
    if seed % CHECKED_IN == 1:
        _check_removal(world, live, table)


def _check_removal(world: World, live: LinkedCluster, table: MemoryTable) -> None:
    """Without its objects, removed in two turns, the cluster has no names but those of the zones."""
    removals = [Event(key, None) for key in world.end]
    half = len(removals) // 2
    for turn in (removals[:half], removals[half:]):
        live.push(turn)

    _check_equal(table.answers(), _empty_answers(world.options))
    live.check_empty()


@functools.cache
def _empty_answers(options: Options) -> dict[bytes, bytes]:
    empty = MemoryTable()
    LinkedCluster(options, empty).list_all([])
    return empty.answers()


def _check_real_table(world: World) -> None:
    """LMDB holds after each step what the dict holds."""
    table = MemoryTable()
    in_memory = LinkedCluster(world.options, table)
    with _real_table() as writer:
        real = LinkedCluster(world.options, writer)
        for cluster in (in_memory, real):
            cluster.list_all(world.start)
        _check_equal(_stored(writer), table.answers())

        for turn in world.turns:
            for cluster in (in_memory, real):
                cluster.push(turn)
            _check_equal(_stored(writer), table.answers())


def _stored(writer: TableWriter) -> dict[bytes, bytes]:
    return without_serial(dict(writer.entries_with_prefix(b"")))


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


def _ask_oracle(world: World, table: MemoryTable, seed: int) -> None:
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


def _check_equal(got: dict[bytes, bytes], wanted: dict[bytes, bytes]) -> None:
    """Two tables; the error has the keys that differ."""
    if got != wanted:
        others = {key for key in got.keys() & wanted.keys() if got[key] != wanted[key]}
        extra, missing = got.keys() - wanted.keys(), wanted.keys() - got.keys()
        raise AssertionError(f"extra {extra}, missing {missing}, other values {others}")
