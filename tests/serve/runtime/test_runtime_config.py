"""What processes are told: which block answers, what is not served yet, and who depends on what."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svcdns.cluster.options import ClusterZone
from svcdns.dns.answer.block_rules import HostsOptions, Rules
from svcdns.dns.wire import names
from svcdns.errors import ConfigError
from svcdns.forward.options import CacheOptions, Route
from svcdns.serve.runtime import runtime_config
from svcdns.serve.runtime.runtime_config import (
    Block,
    Certificate,
    Listen,
    Listener,
    Logs,
    Process,
    QueryLog,
    RuntimeConfig,
    SourceOptions,
)

LABELS = st.lists(st.sampled_from((b"a", b"b", b"ab", b"a\1b", b"\1a", b"corp")), max_size=5)
NAMES = LABELS.map(names.from_labels)
ROOT = names.ROOT


def config(*listeners: Listener) -> RuntimeConfig:
    return RuntimeConfig(
        source=SourceOptions(manifests=("/m",)),
        listeners=listeners,
        process=Process(workers=2, state_dir="/state"),
        logs=Logs(),
        query_log=QueryLog(),
    )


def with_block(block: Block, of: RuntimeConfig) -> RuntimeConfig:
    return replace(of, listeners=(replace(of.only_listener, blocks=(block,)),))


BLOCK = Block(cluster=ClusterZone())
ONE = config(Listener(blocks=(BLOCK,)))


@given(NAMES, st.sets(NAMES))
def test_the_block_of_the_longest_suffix_by_labels(name: bytes, suffixes: set[bytes]) -> None:
    listener = Listener(blocks=tuple(Block(suffix=suffix) for suffix in suffixes))
    labels = names.to_labels(name)
    above = [names.from_labels(labels[at:]) for at in range(len(labels) + 1)]
    wanted = next((suffix for suffix in above if suffix in suffixes), None)
    found = runtime_config.block_of(listener, name)
    assert (found.suffix if found else None) == wanted


def test_what_is_not_served_yet_is_refused() -> None:
    """And nothing else takes the first one of several."""
    several = config(ONE.only_listener, ONE.only_listener)
    with pytest.raises(ConfigError, match="2 listeners: only one is served"):
        _ = several.only_listener
    for blocks in ((), (BLOCK, BLOCK), (replace(BLOCK, suffix=b"\3dev\0"),)):
        with pytest.raises(ConfigError, match="blocks: only one is served, for all names"):
            _ = config(Listener(blocks=blocks)).only_block
    with pytest.raises(ConfigError, match="without the names of the cluster"):
        _ = config(Listener(blocks=(Block(),))).table_identity


@pytest.mark.parametrize(
    ("changed", "whom"),
    [
        (replace(BLOCK, cluster=ClusterZone(ttl=5)), "table watcher"),
        (replace(BLOCK, hosts=HostsOptions(ttl=5)), "watcher"),
        (replace(BLOCK, zonefiles=("/z",)), "watcher"),
        (replace(BLOCK, rules=Rules(filter_aaaa=(ROOT,))), "workers"),
        (replace(BLOCK, routes=(Route(ROOT),)), "workers"),
        (replace(BLOCK, routes=(Route(b"\1a\0"),)), "workers"),
        (replace(BLOCK, routes=(Route(b"\4arpa\0"),)), "watcher workers"),
        (replace(BLOCK, routes=(Route(ROOT, resolv_conf=("/r",)),)), "watcher workers"),
        (replace(BLOCK, cache=CacheOptions()), "workers"),
    ],
)
def test_who_depends_on_a_block(changed: Block, whom: str) -> None:
    assert depends(with_block(changed, ONE)) == whom


@pytest.mark.parametrize(
    ("changed", "whom"),
    [
        (replace(ONE, source=SourceOptions(manifests=("/other",))), "table watcher"),
        (replace(ONE, logs=Logs(level="debug")), "watcher workers query_log"),
        (replace(ONE, query_log=QueryLog(mode="errors")), "workers query_log"),
        (
            replace(ONE, listeners=(replace(ONE.only_listener, certificate=Certificate(cert="/c")),)),
            "workers",
        ),
        (replace(ONE, process=Process(workers=3, state_dir="/state", lameduck=0)), ""),
    ],
)
def test_who_depends_on_the_rest(changed: RuntimeConfig, whom: str) -> None:
    assert depends(changed) == whom


def depends(changed: RuntimeConfig) -> str:
    """Whose work is another one than that of ONE."""
    found = {
        "table": changed.table_identity != ONE.table_identity,
        "watcher": changed.for_watcher != ONE.for_watcher,
        "workers": changed.for_workers != ONE.for_workers,
        "query_log": changed.for_query_log != ONE.for_query_log,
    }
    return " ".join(name for name, differs in found.items() if differs)


def test_what_only_a_new_process_can_change_stays() -> None:
    listener = replace(ONE.only_listener, listen=(Listen("127.0.0.1", 53),))
    process = Process(
        http=(Listen("::1", 80),), ready_when_stale=False, lameduck=7, workers=9, state_dir="/other"
    )
    found, differing = replace(ONE, listeners=(listener,), process=process).with_fixed(ONE)
    assert differing == ("listen", "http", "workers", "state_dir")
    assert found == replace(ONE, process=replace(ONE.process, ready_when_stale=False, lameduck=7))


@pytest.mark.parametrize(
    ("listen", "folder"),
    [
        ((Listen("127.0.0.1", 53), Listen("::1", 53)), "127.0.0.1_53"),
        ((Listen("127.0.0.1", 5353),), "127.0.0.1_5353"),
        ((Listen("::1", 53), Listen("127.0.0.1", 53)), "::1_53"),
        ((Listen("0.0.0.0", 853, tls=True),), "0.0.0.0_853"),
    ],
)
def test_each_first_address_has_a_table_of_its_own(
    listen: tuple[Listen, ...], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    told = replace(config(Listener(listen=listen)), process=Process(workers=2))
    assert runtime_config.table_folder(told) == Path("/var/state/svcdns", folder)
    # A folder that was set is of one server alone.
    assert runtime_config.table_folder(config(Listener(listen=listen))) == Path("/state/table")
