"""The processes of a configuration: which there are, and which of the previous one's are kept."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from svcdns.cluster.options import ClusterZone
from svcdns.errors import ConfigError
from svcdns.forward.options import CacheOptions
from svcdns.serve.runtime.runtime_config import Certificate, Logs, QueryLog, RuntimeConfig
from svcdns.serve.runtime.sockets import WorkerSockets
from svcdns.serve.supervisor.generation import Generation, SharedContext
from tests.certificates import make_certificate
from tests.serve.runtime.test_runtime_config import BLOCK, ONE, with_block

TABLE = Path("/state/live")
LOGGED = replace(ONE, query_log=QueryLog(mode="errors"))
NewGeneration = Callable[..., Generation]


def with_certificate(files: Certificate) -> RuntimeConfig:
    return replace(ONE, listeners=(replace(ONE.only_listener, certificate=files),))


@pytest.fixture
def new_generation(tmp_path: Path) -> Iterator[NewGeneration]:
    """Makes generations of two workers, and closes their sockets at the end."""
    shared = SharedContext(
        state_dir=tmp_path,
        worker_sockets=[WorkerSockets((), (), ()) for _ in range(2)],
        loop_key=b"key",
        cookie_seed=b"seed",
        on_message=lambda process, message: None,
        on_exit=lambda process, code: True,
    )

    with contextlib.ExitStack() as stack:

        def create(
            config: RuntimeConfig, previous: Generation | None = None, table_path: Path = TABLE
        ) -> Generation:
            generation = Generation(config, table_path, shared, previous)
            for sock in generation._query_log_sockets:
                stack.enter_context(sock)
            return generation

        yield create


def process_names(generation: Generation) -> list[str]:
    return [process.name for process in generation.processes]


def kept_roles(generation: Generation, previous: Generation) -> str:
    """Whose processes are those of the previous generation."""
    roles = {
        "watcher": generation.watcher is previous.watcher,
        "workers": generation.workers is previous.workers,
        "query_log": generation.query_log is previous.query_log,
    }
    return " ".join(role for role, is_kept in roles.items() if is_kept)


async def test_the_processes_in_the_order_in_which_they_stop(new_generation: NewGeneration) -> None:
    assert process_names(new_generation(ONE)) == ["worker 0", "worker 1", "watcher"]
    assert process_names(new_generation(LOGGED)) == ["worker 0", "worker 1", "watcher", "query log"]


async def test_none_is_started(new_generation: NewGeneration) -> None:
    assert [process.pid for process in new_generation(LOGGED).processes] == [0, 0, 0, 0]


async def test_the_query_log_has_no_table_open(new_generation: NewGeneration) -> None:
    generation = new_generation(LOGGED)
    assert generation.table_readers == [*generation.workers, generation.watcher]


@pytest.mark.parametrize(
    ("config", "roles"),
    [
        (ONE, "watcher workers query_log"),
        (replace(ONE, process=replace(ONE.process, lameduck=0)), "watcher workers query_log"),
        (with_block(replace(BLOCK, cache=CacheOptions()), ONE), "watcher query_log"),
        (with_block(replace(BLOCK, zonefiles=("/z",)), ONE), "workers query_log"),
        (LOGGED, "watcher"),
        (replace(ONE, logs=Logs(level="debug")), ""),
    ],
)
async def test_processes_with_the_same_work_are_kept(
    new_generation: NewGeneration, config: RuntimeConfig, roles: str
) -> None:
    previous = new_generation(ONE)
    assert kept_roles(new_generation(config, previous), previous) == roles


async def test_another_table_needs_other_readers(new_generation: NewGeneration) -> None:
    previous = new_generation(ONE)
    other_zone = with_block(replace(BLOCK, cluster=ClusterZone(ttl=5)), ONE)
    for config in (ONE, other_zone):
        generation = new_generation(config, previous, table_path=Path("/state/next"))
        assert kept_roles(generation, previous) == "query_log"


async def test_sockets_are_closed_unless_the_next_one_has_them(new_generation: NewGeneration) -> None:
    generation = new_generation(ONE)
    generation.close_unshared(new_generation(ONE, generation))
    assert all(sock.fileno() >= 0 for sock in generation._query_log_sockets)

    generation.close_unshared(new_generation(LOGGED, generation))
    assert all(sock.fileno() < 0 for sock in generation._query_log_sockets)


async def test_a_certificate_that_cannot_be_used(new_generation: NewGeneration, tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path)
    new_generation(with_certificate(Certificate(cert=str(chain), key=str(key))))

    key.write_text("no key")
    with pytest.raises(ConfigError, match=str(tmp_path)):
        new_generation(with_certificate(Certificate(cert=str(chain), key=str(key))))
