"""Start and stop: what a server leaves, what the next one makes of it, and who may not start at all."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dns.message
import dns.rcode
import pytest

from tests import asking, disks, running, server
from tests.asking import Address
from tests.patience import PATIENCE
from tests.serve import manifests
from tests.serve.test_serve import ask, becomes, texts

STALE, NOT_READY, STALE_NXDOMAIN = 3, 14, 19


async def errors(at: Address, name: str) -> list[int]:
    """The extended errors of the answer."""
    return [int(option.code) for option in (await ask(at, name, edns=True)).options]


async def serve(*arguments: object) -> tuple[int | None, str]:
    """`svcdns serve` that is expected to end by itself: its exit code, and what it printed."""
    command = [sys.executable, "-m", "svcdns", "serve", *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, printed.decode()


async def test_a_second_server_is_refused(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    async with server.running(tmp_path, "--manifests", str(folder)) as first:
        port = first.address[1]
        same_state = ("--manifests", folder, "--state-dir", tmp_path / "state", "--listen")
        code, printed = await serve(*same_state, f"127.0.0.1:{server.free_port()}")
        assert code == 1
        assert printed == (
            f"svcdns: the state folder {tmp_path / 'state' / 'table'} is in use by another svcdns; "
            "stop it, or give this one another --listen, and another --state-dir if you set it\n"
        )
        for host in ("127.0.0.1", "0.0.0.0"):
            same_port = ("--manifests", folder, "--state-dir", tmp_path / "other", "--listen")
            code, printed = await serve(*same_port, f"{host}:{port}")
            assert code == 1
            assert f"{host}:{port} is in use by another server" in printed
            assert "--listen" in printed
            assert len(printed.splitlines()) == 1, printed
        assert texts(await ask(first.address, "web")) == ["10.96.0.1"]


async def test_two_servers_of_one_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a state folder of its own, by its first address, without being told so."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    arguments = ("--manifests", str(folder), "--workers", "1")
    for name in ("first", "second"):
        (tmp_path / name).mkdir()

    async with (
        server.running(tmp_path / "first", *arguments, default_state=True) as first,
        server.running(tmp_path / "second", *arguments, default_state=True) as second,
    ):
        for found in (first, second):
            await becomes(found.address, "web", ["10.96.0.1"])
        names = {f"127.0.0.1_{found.address[1]}" for found in (first, second)}
        assert {path.name for path in (tmp_path / "svcdns").iterdir()} == {*names, "configurations"}
        assert len(list((tmp_path / "svcdns" / "configurations").iterdir())) == 2

        code, printed = await serve("--manifests", folder, "--listen", f"127.0.0.1:{first.address[1]}")
        assert code == 1
        taken = tmp_path / "svcdns" / f"127.0.0.1_{first.address[1]}"
        assert f"the state folder {taken} is in use by another svcdns; stop it, or give" in printed
        assert texts(await ask(first.address, "web")) == ["10.96.0.1"]


async def test_a_volume_that_is_open_to_others(tmp_path: Path) -> None:
    """What the server stores is closed to them, and what they put there first is refused."""
    manifest = manifests.folder(tmp_path / "m", web=manifests.WEB)
    state = tmp_path / "state"
    state.mkdir()
    # As the kubelet makes an emptyDir for a Pod with an fsGroup.
    state.chmod(0o2777)
    async with server.running(tmp_path, "--manifests", str(manifest), "--workers", "1") as found:
        await becomes(found.address, "web", ["10.96.0.1"])
        entries = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
        assert entries == {"table": 0o700, "configurations": 0o700}

    (state / "table").rename(tmp_path / "elsewhere")
    (state / "table").symlink_to(tmp_path / "elsewhere")
    listen = f"127.0.0.1:{server.free_port()}"
    code, printed = await serve("--manifests", manifest, "--state-dir", state, "--listen", listen)
    assert code == 1
    assert printed == (
        f"svcdns: the state folder {state / 'table'} cannot be used: it is a symbolic link, "
        "and no folder of its own; choose another with --state-dir\n"
    )


async def test_no_manifests_is_an_error(tmp_path: Path) -> None:
    listen = f"127.0.0.1:{server.free_port()}"
    code, printed = await serve("--manifests", tmp_path / "gone", "--state-dir", tmp_path, "--listen", listen)
    assert code == 1
    assert f"{tmp_path / 'gone'}" in printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_well_and_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    async with server.running(tmp_path, "--manifests", str(folder)) as found:
        processes = running.children(found.process.pid)
        reader, writer = await asyncio.open_connection(*found.address)
        found.process.send_signal(number)
        assert await asyncio.wait_for(found.process.wait(), PATIENCE) == 0
        assert await reader.read() == b"", "open connections are closed"
        writer.close()
    assert not any(map(running.is_alive, processes))
    assert {path.name for path in (tmp_path / "state/table").iterdir()} >= {"snapshot.json", "snapshot-1.mdb"}
    log = found.log.read_text()
    assert "error" not in log and "Traceback" not in log and "warning" not in log, log


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_the_lame_duck(tmp_path: Path, second: signal.Signals) -> None:
    """Clients still ask, and the lame duck would take five minutes."""
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    arguments = ("--manifests", str(folder), "--workers", "1", "--lameduck", "300")
    async with server.running(tmp_path, *arguments) as found:
        found.process.send_signal(signal.SIGTERM)
        await running.until(lambda: "answering for up to 300 s" in found.log.read_text(), "the lame duck")
        assert texts(await ask(found.address, "web")) == ["10.96.0.1"]
        found.process.send_signal(second)
        assert await asyncio.wait_for(found.process.wait(), PATIENCE) == 0
    assert "stopping at once, after a second signal" in found.log.read_text()
    assert (tmp_path / "state" / "table" / "snapshot.json").exists()


async def test_the_next_start_answers_before_its_source_does(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB, db=manifests.HEADLESS)
    arguments = ("--manifests", str(folder), "--workers", "1")
    async with server.running(tmp_path, *arguments) as found:
        await becomes(found.address, "web", ["10.96.0.1"])
        assert await errors(found.address, "web") == []
    (folder / "db.yaml").unlink()
    (folder / "more.yaml").write_text(manifests.service("more", "10.96.0.7"))
    (folder / "slow.yaml").write_text(manifests.SLOW)
    async with server.running(tmp_path, *arguments) as found:
        assert texts(await ask(found.address, "web")) == ["10.96.0.1"]
        assert await errors(found.address, "web") == [STALE]
        assert await errors(found.address, "nope") == [STALE_NXDOMAIN]
        assert texts(await ask(found.address, "db")) == ["10.0.0.1", "10.0.0.2"]
        assert (await ask(found.address, "more")).rcode() == dns.rcode.NXDOMAIN
        await becomes(found.address, "more", ["10.96.0.7"])
        assert await errors(found.address, "web") == []
        assert (await ask(found.address, "db")).rcode() == dns.rcode.NXDOMAIN
        assert (await ask(found.address, "1.0.0.10.in-addr.arpa.", "PTR")).rcode() == dns.rcode.NXDOMAIN
    assert "stored table, marked as stale" in found.log.read_text()


async def test_without_a_stored_table_nothing_is_known_at_first(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB, slow=manifests.SLOW)
    at = ("127.0.0.1", server.free_port())
    starting = server.running(tmp_path, "--manifests", str(folder), port=at[1])
    start = asyncio.create_task(starting.__aenter__())
    try:
        first = await first_answer(at)
        assert first.rcode() == dns.rcode.SERVFAIL
        assert [option.code for option in first.options] == [NOT_READY]
        await start
        assert texts(await ask(at, "web")) == ["10.96.0.1"]
    finally:
        await start
        await starting.__aexit__(None, None, None)


async def first_answer(at: Address) -> dns.message.Message:
    """Of a server that is about to start, to a query with EDNS."""
    query = dns.message.make_query("web.default.svc.cluster.local.", "A", use_edns=0).to_wire()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionError):
            (reply,) = await asking.udp(at, [query], sockets=1, tries=1, patience=0.02)
            if reply is not None:
                return dns.message.from_wire(reply)
    raise AssertionError("no answer")


def flip(state: Path) -> None:
    table = state / "snapshot-1.mdb"
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 1
    table.write_bytes(data)


def truncate(state: Path) -> None:
    table = state / "snapshot-1.mdb"
    table.write_bytes(table.read_bytes()[:4096])


@pytest.mark.parametrize("damage", [flip, truncate])
async def test_a_damaged_snapshot_is_not_used(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    async with server.running(tmp_path, "--manifests", str(folder)):
        pass
    damage(tmp_path / "state" / "table")
    async with server.running(tmp_path, "--manifests", str(folder)) as found:
        await becomes(found.address, "web", ["10.96.0.1"])
    log = found.log.read_text()
    assert "is damaged (its sha256 differs) and is not used" in log
    assert "marked as stale" not in log


async def test_other_options_do_not_use_the_snapshot(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    async with server.running(tmp_path, "--manifests", str(folder)):
        pass
    async with server.running(tmp_path, "--manifests", str(folder), "--ttl", "7") as found:
        await becomes(found.address, "web", ["10.96.0.1"])
        assert (await ask(found.address, "web")).answer[0].ttl == 7
    assert "ignoring the stored table: it was made with another configuration" in found.log.read_text()


async def test_nothing_is_left_of_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    async with server.running(tmp_path, "--manifests", str(folder), "--workers", "2") as found:
        processes = running.children(found.process.pid)
        assert len(processes) == 3
        found.process.kill()
        await found.process.wait()
        await running.until(lambda: not any(map(running.is_alive, processes)), "the end of its children")
        async with server.running(tmp_path, "--manifests", str(folder), port=found.address[1]) as again:
            await becomes(again.address, "web", ["10.96.0.1"])


async def test_a_full_disk_is_waited_out(tmp_path: Path) -> None:
    """The old answers stay, the disk's state is said, and when there is space the new ones come."""
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    disk = tmp_path / "disk"
    disk.mkdir()
    at = ("127.0.0.1", server.free_port())
    command = [sys.executable, "-m", "svcdns", "serve", "--manifests", str(folder), "--workers", "1"]
    command += ["--state-dir", str(disk / "state"), "--listen", f"{at[0]}:{at[1]}"]
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *disks.with_disk(disk, "size=2m", *command), stdout=log, stderr=log
        )
    try:
        await first_answer(at)
        await becomes(at, "web", ["10.96.0.1"])
        seen = Path(f"/proc/{process.pid}/root") / disk.relative_to("/")
        with (
            (seen / "ballast").open("wb", buffering=0) as ballast,
            pytest.raises(OSError, match="No space left"),
        ):
            while True:
                ballast.write(bytes(4096))
        (folder / "more.yaml").write_text(
            "\n---\n".join(manifests.service(f"more-{number}", f"10.96.1.{number}") for number in range(250))
        )
        await running.until(lambda: "cannot be written" in (tmp_path / "log").read_text(), "the error")
        assert texts(await ask(at, "web")) == ["10.96.0.1"]
        assert (await ask(at, "more-7")).rcode() == dns.rcode.NXDOMAIN
        (seen / "ballast").unlink()
        await becomes(at, "more-7", ["10.96.1.7"])
        assert texts(await ask(at, "more-249")) == ["10.96.1.249"]
    finally:
        process.terminate()
        await process.wait()
    assert process.returncode == 0
    printed = (tmp_path / "log").read_text()
    assert "SIGBUS" not in printed and "Traceback" not in printed, printed
