"""The secrets of cookies follow their file, or the day."""

import logging
import os
from pathlib import Path

import pytest

from svcdns.dns.clients.server_cookies import ServerCookies
from svcdns.errors import ConfigError
from svcdns.serve.worker.cookie_keeper import CookieKeeper

CLIENT = bytes((192, 0, 2, 1))
NOW = 1_700_000_000.0
OLD, NEW = "00" * 16, "11" * 16


def keeper(path: Path | None = None, seed: bytes = b"seed") -> CookieKeeper:
    return CookieKeeper(path, seed, lambda: NOW)


def made(cookies: ServerCookies) -> bytes:
    return cookies.reply_option(b"8 octets", CLIENT)[4:]


def test_a_changed_file_is_read_at_the_next_look(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And while both have the previous secret, its cookies are taken."""
    path = tmp_path / "secrets"
    path.write_text(OLD)
    kept = keeper(path)
    before = made(kept.cookies)

    path.write_text(f"{NEW}\n{OLD}\n")
    assert made(kept.cookies) == before, "not before the look"
    with caplog.at_level(logging.INFO):
        kept.refresh()
        kept.refresh()
    assert [record.getMessage() for record in caplog.records] == [f"new cookie secrets from {path}"]
    assert kept.cookies.is_valid(before, CLIENT)
    assert made(kept.cookies) != before


@pytest.mark.parametrize("text", [b"", b"nonsense", b"\xff\xfe", b"0" * 31])
def test_a_broken_file_leaves_the_last_secrets(
    text: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "secrets"
    path.write_text(OLD)
    kept = keeper(path)
    before = made(kept.cookies)
    path.write_bytes(text)
    kept.refresh()
    kept.refresh()
    assert made(kept.cookies) == before
    assert len(caplog.records) == 1
    assert f"the last cookie secrets stay: {path} holds no cookie secrets: " in caplog.text


def test_a_swapped_link_is_followed(tmp_path: Path) -> None:
    """As a kubelet changes a Secret."""
    for name, text in (("one", OLD), ("two", f"{NEW}\n{OLD}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secrets").write_text(text)
    (tmp_path / "..data").symlink_to("one")
    kept = keeper(tmp_path / "..data" / "secrets")
    before = made(kept.cookies)
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").rename(tmp_path / "..data")
    kept.refresh()
    assert made(kept.cookies) != before
    assert kept.cookies.is_valid(before, CLIENT)


def test_a_pipe_or_a_device_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ConfigError, match=r"holds no cookie secrets: .*not a regular file"):
            keeper(path)


def test_at_the_start_a_broken_or_missing_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    with pytest.raises(ConfigError, match=r"holds no cookie secrets: .*No such file"):
        keeper(path)
    path.write_text("# none\n")
    with pytest.raises(ConfigError, match="0 secrets: write 1 to 4"):
        keeper(path)


def test_without_a_file_workers_with_one_seed_take_each_others_cookies() -> None:
    first, second = keeper(), keeper()
    assert second.cookies.is_valid(made(first.cookies), CLIENT)
    assert not keeper(seed=b"of another server").cookies.is_valid(made(first.cookies), CLIENT)


def test_a_day_later_another_secret_makes_cookies() -> None:
    now = [86_400.0 * 20_000 - 1]
    kept = CookieKeeper(None, b"seed", lambda: now[0])
    before = made(kept.cookies)
    now[0] += 2
    kept.refresh()
    assert kept.cookies.is_valid(before, CLIENT)
    assert made(kept.cookies)[16:] != before[16:]
