"""Each fault of the API server that is logged has its end logged, and no line stands there twice."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from svcdns.sources.apiserver.reflector import Reflector
from tests import fake_apiserver
from tests.fake_apiserver import FakeApiServer
from tests.sources.apiserver.following import KINDS, QUICK, following, service, until

REMINDED_LATE = replace(QUICK, repeat_log_interval=600.0)
"""Watches may fall silent."""
PATIENT = replace(REMINDED_LATE, watch_quiet_timeout=600.0, page_timeout=600.0)
"""Nothing but the fault of the test ends a watch, however slow this machine is."""
SHARED_END = "the API server answers again"
OWN_ENDS = {f"{kind}s are listed and watched again" for kind in KINDS}

Step = Callable[[FakeApiServer], Awaitable[None]]


async def all_are_watched(api: FakeApiServer) -> None:
    """Wait for it: a watch that is being opened would miss what happens to the others."""
    await until(lambda: len(api._streams) == len(KINDS))


async def be_gone(api: FakeApiServer) -> None:
    await api.stop()


async def come_back(api: FakeApiServer) -> None:
    await api.start()


async def forget_the_token(api: FakeApiServer) -> None:
    api.token = "another"
    api.drop()


async def know_the_token(api: FakeApiServer) -> None:
    api.token = fake_apiserver.TOKEN


def refuse(code: int) -> Step:
    async def step(api: FakeApiServer) -> None:
        api.refused_paths = dict.fromkeys(fake_apiserver.PATHS, code)
        api.drop()

    return step


async def allow(api: FakeApiServer) -> None:
    api.refused_paths = {}


async def lose_the_history(api: FakeApiServer) -> None:
    """The versions of the watches are older than what is left."""
    api.version += 100
    api.compact()
    api.drop()


async def fall_silent(api: FakeApiServer) -> None:
    api.frozen = True


async def speak(api: FakeApiServer) -> None:
    api.frozen = False


async def nothing(api: FakeApiServer) -> None:
    pass


FAULTS = [
    pytest.param(be_gone, come_back, r"Cannot connect to host", {SHARED_END}, id="gone"),
    pytest.param(
        forget_the_token, know_the_token, r"refused \(401\): .*is not accepted", {SHARED_END}, id="401"
    ),
    pytest.param(refuse(403), allow, r"s: .*refused \(403\): .*ClusterRole", OWN_ENDS, id="403"),
    pytest.param(refuse(429), allow, r"refused \(429\)", {SHARED_END}, id="429"),
    pytest.param(refuse(500), allow, r"s: .*refused \(500\)", OWN_ENDS, id="500"),
    pytest.param(refuse(503), allow, r"refused \(503\)", {SHARED_END}, id="503"),
    pytest.param(lose_the_history, nothing, r"s: .*history begins later: listing again", OWN_ENDS, id="410"),
    pytest.param(fall_silent, speak, r"s: a watch was silent for .*: listing again", OWN_ENDS, id="silent"),
]


@pytest.mark.parametrize(("begin", "end", "text", "end_texts"), FAULTS)
async def test_a_fault_and_its_end(
    api: FakeApiServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    begin: Step,
    end: Step,
    text: str,
    end_texts: set[str],
) -> None:
    caplog.set_level("INFO", "svcdns.apiserver")

    def begun() -> list[str]:
        return [message for message in caplog.messages if re.search(text, message)]

    def ended() -> set[str]:
        return {message.partition(",")[0] for message in caplog.messages if ", after " in message}

    async with following(api, tmp_path, REMINDED_LATE if begin is fall_silent else PATIENT) as sink:
        await all_are_watched(api)
        await begin(api)
        # All kinds have met a fault that each has by itself.
        await until(lambda: len(begun()) >= len(end_texts))
        await end(api)
        await until(lambda: ended() >= end_texts)

        # It is over indeed.
        await api.put(service("late", "10.96.0.77"))
        await until(lambda: ("default", "late") in sink.store.services)

    assert len(set(caplog.messages)) == len(caplog.messages)
    assert ended() == end_texts


async def test_a_fault_of_ours_has_one_traceback(
    api: FakeApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", "svcdns.apiserver")
    apply_lines = Reflector._apply_lines
    is_broken = True

    def fail(self: Reflector, *arguments: object) -> None:
        if is_broken and self._resource.kind == "Service":
            raise KeyError("a fault of ours")
        apply_lines(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Reflector, "_apply_lines", fail)
    async with following(api, tmp_path, PATIENT):
        await until(lambda: api.requests["list Service"] > 9)
        is_broken = False
        await until(lambda: "Services are listed and watched again" in caplog.text)

    begin, end = caplog.messages
    assert begin == "Services: unexpected: KeyError('a fault of ours')"
    assert end.startswith("Services are listed and watched again, after ")
    assert caplog.text.count("Traceback") == 1


async def test_an_api_server_that_was_restored(
    api: FakeApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "svcdns.apiserver")
    backup = await api.save()
    await api.put(service("young"))
    async with following(api, tmp_path, PATIENT):
        await all_are_watched(api)
        await api.restore(backup)
        api.drop()
        await until(lambda: "Services are listed and watched again" in caplog.text)
    assert caplog.text.count("Services: the API server has gone back in time: listing again") == 1


async def test_a_proxy_page_is_no_status(
    api: FakeApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What a proxy answers in the API server's place is told with its code."""
    caplog.set_level("INFO", "svcdns.apiserver")
    async with following(api, tmp_path, PATIENT):
        await all_are_watched(api)
        api.refuse = [web.Response(status=502, text="<html>", reason="Bad Gateway")]
        api.drop()
        await until(lambda: "again, after" in caplog.text)
    assert "refused (502): Bad Gateway" in caplog.text
