"""Whom we believe to be the upstream: certificates, names and authorities."""

import asyncio
import shutil
from pathlib import Path

import pytest

from svcdns.forward.connection_pool import ConnectionPool
from svcdns.forward.options import Upstream
from tests.certificates import make_certificate
from tests.forward.connection_types import Make, Pair, ask
from tests.forward.transport_helpers import of, query
from tests.upstream import faulty


async def secured(asked: ConnectionPool, pair: Pair, name: str = "") -> None:
    async with faulty(certificate=pair) as server:
        await ask(asked, of(server, tls=True, name=name))


def made(folder: Path, **what: object) -> Pair:
    folder.mkdir(exist_ok=True)
    certificate, key = make_certificate(folder, **what)  # type: ignore[arg-type]
    return str(certificate), str(key)


async def test_a_certificate_for_the_name(make: Make, tmp_path: Path) -> None:
    named = made(tmp_path, name="dns.example")
    await secured(make(ca=named[0]), named, "dns.example")


@pytest.mark.parametrize(
    ("what", "name", "wrong"),
    [
        ({"name": "dns.example"}, "other.example", "for other.example by .*: Hostname mismatch"),
        ({"name": "dns.example"}, "", r"for 127\.0\.0\.1 by .*: IP address mismatch"),
        ({"address": "192.0.2.1"}, "", "IP address mismatch"),
        ({"days": -1}, "", "certificate has expired"),
    ],
    ids=["another name", "a name for an address", "another address", "expired"],
)
async def test_a_certificate_that_does_not_fit(
    make: Make, tmp_path: Path, what: dict[str, object], name: str, wrong: str
) -> None:
    wrong_one = made(tmp_path, **what)
    with pytest.raises(OSError, match=wrong):
        await secured(make(ca=wrong_one[0]), wrong_one, name)


async def test_a_certificate_of_others(make: Make, tmp_path: Path, pair: Pair) -> None:
    mine = made(tmp_path)
    with pytest.raises(OSError, match=f"by {mine[0]}: self-signed certificate"):
        await secured(make(ca=mine[0]), pair)
    with pytest.raises(OSError, match="by the system's certificate authorities: self-signed certificate"):
        await secured(make(), pair)


async def test_no_tls_there(make: Make, pair: Pair) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    there = Upstream("127.0.0.1", server.sockets[0].getsockname()[1], True)
    with pytest.raises(OSError, match="no TLS"):
        await make(ca=pair[0]).exchange(there, query())
    server.close()


async def test_a_name_that_cannot_be_one(make: Make, pair: Pair) -> None:
    with pytest.raises(OSError, match="no TLS"):
        await secured(make(ca=pair[0]), pair, ".example")


async def test_authorities_that_are_none(make: Make, tmp_path: Path, pair: Pair) -> None:
    file = tmp_path / "ca.pem"
    asked = make(ca=str(file))
    with pytest.raises(OSError, match=f"{file} is no file of certificates .*No such file"):
        await secured(asked, pair)
    file.write_text("garbage")
    with pytest.raises(OSError, match=f"{file} is no file of certificates"):
        await secured(asked, pair)


async def test_authorities_are_read_again_when_they_change(make: Make, tmp_path: Path, pair: Pair) -> None:
    file = tmp_path / "ca.pem"
    shutil.copyfile(pair[0], file)
    asked = make(ca=str(file))
    await secured(asked, pair)
    file.write_text("half-written")
    await secured(asked, pair)
    new = made(tmp_path / "new")
    shutil.copyfile(new[0], file)
    await secured(asked, new)
    with pytest.raises(OSError, match="self-signed certificate"):
        await secured(asked, pair)
