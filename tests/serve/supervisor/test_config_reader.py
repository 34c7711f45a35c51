"""Another process reads the settings: what it brings, and what is said where it brings nothing."""

import os
import signal
import time

import pytest

from svcdns.serve.runtime.launch_config import Launch
from svcdns.serve.supervisor import config_reader
from svcdns.serve.supervisor.config_reader import ReaderError
from tests.serve.runtime.test_runtime_config import ONE

LARGE = Launch(ONE, {"hosts": [f"192.0.2.1 host-{number}.example" for number in range(20_000)]}, ("/f",))
"""More than a pipe holds."""


async def test_it_hands_all_over() -> None:
    assert await config_reader.start(lambda: LARGE).result() == LARGE


async def test_it_may_have_been_all() -> None:
    assert await config_reader.start(lambda: 2).result() == 2
    assert await config_reader.start(lambda: 0).result() == 0


async def test_an_error_of_ours_is_no_configuration(capfd: pytest.CaptureFixture[str]) -> None:
    assert await config_reader.start(lambda: 1 // 0).result() == 70
    assert "ZeroDivisionError" in capfd.readouterr().err


async def test_one_that_dies() -> None:
    with pytest.raises(
        ReaderError, match=r"^the process that reads the settings was ended by signal SIGKILL$"
    ) as raised:
        await config_reader.start(lambda: os.kill(os.getpid(), signal.SIGKILL)).result()
    assert raised.value.exit_code == 137


async def test_one_that_hangs_is_ended() -> None:
    reader = config_reader.start(lambda: time.sleep(600))
    with pytest.raises(
        ReaderError, match=r"^the process that reads the settings did not finish within 0.2 s$"
    ):
        await reader.result(0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(reader._pid, 0)


async def test_half_a_message_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svcdns.serve.runtime.launch_config.encode", lambda made: b'{"config":')
    with pytest.raises(ReaderError, match="could not be handed over"):
        await config_reader.start(lambda: LARGE).result()
