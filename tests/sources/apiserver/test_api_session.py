"""The connection to the API server: renewed where a login, an address or a certificate is another one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from svcdns.errors import SourceError
from svcdns.sources.apiserver.api_session import ApiSession
from svcdns.sources.apiserver.login import kubernetes_library
from svcdns.sources.apiserver.login.credentials import Login


class Logins:
    """A source of logins from one file, whose text is the token."""

    def __init__(self, file: Path) -> None:
        self.files = (file,)
        self.transport_digest = b"1"
        self.load_count = 0
        self.expires_at: float | None = None

    async def load_login(self) -> Login:
        self.load_count += 1
        configuration = kubernetes_library.Configuration()
        configuration.host = "http://127.0.0.1:1"
        try:
            token = self.files[0].read_text()
        except OSError as error:
            raise SourceError("no token") from error
        return Login(configuration, (("Authorization", token),), None, self.transport_digest, self.expires_at)


def token_of(login: Login) -> str:
    return dict(login.headers)["Authorization"]


def clock_of(*times: float) -> Callable[[], float]:
    remaining = list(times)
    return lambda: remaining.pop(0)


async def test_a_changed_file_is_another_login_on_the_same_connections(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    logins = Logins(file)
    session = ApiSession(logins, 10.0, clock_of(100.0, 101.0, 111.0))
    login, api = await session.ensure_current()
    assert (token_of(login), session.generation) == ("first", 1)

    assert (await session.ensure_current())[0] is login
    file.write_text("second")
    assert (await session.ensure_current())[0] is login, "it was looked at a second ago"
    renewed, same_api = await session.ensure_current()
    assert (token_of(renewed), session.generation, same_api) == ("second", 1, api)
    await session.close()


async def test_another_certificate_is_another_connection(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")
    logins = Logins(tmp_path / "token")
    session = ApiSession(logins, 10.0, clock_of())
    _, api = await session.ensure_current()
    logins.transport_digest = b"2"
    session.invalidate_login()
    assert (await session.ensure_current())[1] is not api
    assert (session.generation, logins.load_count) == (2, 2)
    await session.close()


async def test_a_login_that_cannot_be_read_is_used_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "svcdns.apiserver")
    file = tmp_path / "token"
    file.write_text("first")
    session = ApiSession(Logins(file), 10.0, clock_of(100.0, 111.0, 122.0))
    login, _ = await session.ensure_current()

    file.unlink()
    for _ in range(2):
        assert (await session.ensure_current())[0] is login
    file.write_text("second")
    assert token_of((await session.ensure_current())[0]) == "second"
    assert [record.getMessage() for record in caplog.records] == [
        "no token: the credentials read before are used",
        "the credentials can be read again",
    ]

    file.unlink()
    session.invalidate_login()
    with pytest.raises(SourceError, match="no token"):
        await session.ensure_current()
    await session.close()


async def test_a_login_that_has_expired_is_not_used_on(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    logins = Logins(file)
    logins.expires_at = 1.0
    session = ApiSession(logins, 10.0, clock_of(100.0, 111.0))
    await session.ensure_current()

    await session.ensure_current()
    assert logins.load_count == 2
    file.unlink()
    with pytest.raises(SourceError, match="no token"):
        await session.ensure_current()
    await session.close()
