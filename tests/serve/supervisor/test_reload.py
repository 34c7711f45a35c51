"""The configuration is read again while the server answers; a bad one is refused, and remembered as such."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import pytest

from tests import asking, fake_apiserver, running, scraping, server
from tests.patience import PATIENCE
from tests.scraping import Scrape
from tests.serve import manifests
from tests.serve.supervisor.test_supervisor import errors
from tests.serve.test_serve import ask, becomes, texts
from tests.server import Server

RATE, SECONDS = 2000, 15.0
OTHER = "$ORIGIN {name}.\n@ 300 SOA ns hostmaster 1 2 3 4 5\n@ 300 NS ns\nwww 300 A 192.0.2.7\n"


@dataclass
class Configured:
    """A server, and the file that it was configured by."""

    file: Path
    server: Server

    async def say(self, text: str) -> None:
        """Write the file, and have it read."""
        self.file.write_text(text)
        await self.reread()

    async def reread(self) -> None:
        """Ask for it, and wait until it is done."""
        done = ("is served", "has not changed", "is refused")
        before = sum(self.log.count(word) for word in done)
        os.kill(self.server.process.pid, signal.SIGHUP)
        await running.until(lambda: sum(self.log.count(word) for word in done) > before, "the new one")

    @property
    def log(self) -> str:
        return self.server.log.read_text()


@contextlib.asynccontextmanager
async def configured(
    folder: Path, text: str, *more: str, port: int | None = None, zone: str = "cluster.local."
) -> AsyncIterator[Configured]:
    file = folder / "svcdns.yaml"
    file.write_text(text)
    async with server.running(folder, "--config", str(file), *more, port=port, zone=zone) as found:
        yield Configured(file, found)


def basis(folder: Path) -> str:
    return f"manifests: [{manifests.folder(folder / 'm', web=manifests.WEB)}]\nworkers: 2\n"


async def ttl(found: Configured) -> int:
    """Of an answer from the table."""
    (rrset,) = (await ask(found.server.address, "web")).answer
    return int(rrset.ttl)


async def test_no_query_is_lost(tmp_path: Path) -> None:
    """Over a change of the workers alone, of the watcher too, and of the table."""
    (tmp_path / "queries").write_text("web.default.svc.cluster.local A\nno.default.svc.cluster.local A\n")
    zone = tmp_path / "other.example.zone"
    zone.write_text(OTHER.format(name="other.example"))
    text = basis(tmp_path)
    async with configured(tmp_path, text) as found:
        address = found.server.address
        await becomes(address, "web", ["10.96.0.1"])
        load = asyncio.create_task(running.dnsperf(address, tmp_path / "queries", rate=RATE, seconds=SECONDS))
        await asyncio.sleep(0.3)
        workers, watcher = (
            running.workers(found.server.process.pid),
            running.watcher(found.server.process.pid),
        )
        text += "filter_aaaa: [example.com]\n"
        await found.say(text)
        assert set(running.workers(found.server.process.pid)).isdisjoint(workers)
        assert running.watcher(found.server.process.pid) == watcher
        text += f"zonefiles: [{zone}]\n"
        await found.say(text)
        assert running.watcher(found.server.process.pid) not in (watcher, 0)
        text += "ttl: 77\n"
        await found.say(text)
        assert await ttl(found) == 77
        assert not load.done(), "the load was over before the changes were"
        counted = await load
        assert (counted.lost, running.drops(address[1])) == (0, 0)
        assert "SERVFAIL" not in counted.rcodes, counted.rcodes
        (reply,) = await asking.udp(address, [dns.message.make_query("www.other.example.", "A").to_wire()])
        assert reply is not None
        assert dns.message.from_wire(reply).answer
        # The table is another one, and the events of its source reach it.
        (tmp_path / "m" / "more.yaml").write_text(manifests.service("more", "10.96.0.7"))
        await becomes(address, "more", ["10.96.0.7"])
        assert await errors(address, "web") == []


async def test_counters_never_go_back_and_lose_nothing(tmp_path: Path) -> None:
    """Over a worker's death, and changes of the workers, of the watcher too, and of the table."""
    http = server.free_port()
    zone = tmp_path / "other.example.zone"
    zone.write_text(OTHER.format(name="other.example"))
    text = basis(tmp_path)
    async with configured(tmp_path, text, "--http", f"127.0.0.1:{http}") as found:
        await becomes(found.server.address, "web", ["10.96.0.1"])
        os.kill(running.workers(found.server.process.pid)[0], signal.SIGKILL)
        await scraping.scrape(http, lambda seen: seen.value("svcdns_process_restarts_total") == 1)
        first = await scraping.settled(http)
        asked, stop = 0, asyncio.Event()

        async def ask_on() -> None:
            nonlocal asked
            while not stop.is_set():
                await scraping.ask(found.server.address, "web.default.svc.cluster.local.", "A")
                asked += 1

        async def scrape_on() -> None:
            last = first
            while not stop.is_set():
                now = await scraping.scrape(http)
                assert went_back(last, now) == []
                last = now

        tasks = [asyncio.create_task(ask_on()), asyncio.create_task(scrape_on())]
        for line in ("filter_aaaa: [example.com]\n", f"zonefiles: [{zone}]\n", "ttl: 77\n"):
            text += line
            await found.say(text)
        stop.set()
        await asyncio.gather(*tasks)
        after = await scraping.settled(http)
        assert went_back(first, after) == []
        requests = "coredns_dns_requests_total"
        assert after.value(requests) - first.value(requests) == asked
        assert after.value("svcdns_process_restarts_total") == 1


def went_back(before: Scrape, after: Scrape) -> list[str]:
    """What only grows, and is less or not there any more."""
    kinds = [name for name, family in before.families.items() if family.type in ("counter", "histogram")]
    return [
        f"{one.name}{one.labels}: {one.value} -> {after.value(one.name, **one.labels)}"
        for name in kinds
        for one in before.families[name].samples
        if after.value(one.name, **one.labels) < one.value
    ]


async def test_another_source_makes_it_ready(tmp_path: Path) -> None:
    """The first one never said all that there is."""
    http, zone = server.free_port(), tmp_path / "other.example.zone"
    zone.write_text(OTHER.format(name="other.example"))
    async with fake_apiserver.serving() as api:
        silent = f"kubeconfig: {api.kubeconfig(tmp_path)}\nzonefiles: [{zone}]\nworkers: 2\n"
    flags = ("--http", f"127.0.0.1:{http}")
    async with configured(tmp_path, silent, *flags, zone="other.example.") as found:
        assert (await scraping.get(http, "/ready"))[0] == 503
        await found.say(basis(tmp_path))
        assert texts(await ask(found.server.address, "web")) == ["10.96.0.1"]
        await scraping.settled(http)
        status, page = await scraping.get(http, "/ready")
        assert (status, page.splitlines()[0]) == (200, "ready")


async def test_a_bad_one_is_refused_and_the_last_good_one_outlives_a_restart(tmp_path: Path) -> None:
    good = basis(tmp_path) + "ttl: 77\n"
    bad = good + "negative_tl: 5\nforward: [nonsense!]\n"
    port = server.free_port()
    async with configured(tmp_path, good, port=port) as found:
        await becomes(found.server.address, "web", ["10.96.0.1"])
        await found.say(bad)
        assert f"{found.file}:4: negative_tl: unknown key; did you mean negative_ttl?" in found.log
        assert f"{found.file}:5: forward:" in found.log
        assert await ttl(found) == 77
    async with configured(tmp_path, bad, port=port) as found:
        await becomes(found.server.address, "web", ["10.96.0.1"])
        assert await ttl(found) == 77
        await running.until(lambda: "the last good one is served" in found.log, "its excuse")
        assert f"{found.file}:4: negative_tl: unknown key" in found.log
        await found.say(good.replace("ttl: 77", "ttl: 78"))
        assert await ttl(found) == 78


async def test_the_last_good_one_is_known_by_its_flags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address and the state folder stand in the file that cannot be read; the default has the file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    file, port = tmp_path / "svcdns.yaml", server.free_port()
    good = basis(tmp_path) + f"state_dir: {tmp_path / 'elsewhere'}\nlisten: 127.0.0.1:{port}\nttl: 77\n"
    arguments = ("--config", str(file))
    for text in (good, good + "forward: [\n"):
        file.write_text(text)
        async with server.running(tmp_path, *arguments, port=port, default_state=True, listen=False) as plain:
            found = Configured(file, plain)
            await becomes(plain.address, "web", ["10.96.0.1"])
            assert await ttl(found) == 77
            assert (tmp_path / "elsewhere" / "table" / "lock").exists()
    assert "the last good one is served" in found.log
    assert [path.name for path in (tmp_path / "xdg" / "svcdns").iterdir()] == ["configurations"]


async def test_a_last_good_one_that_cannot_be_saved_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    text = basis(tmp_path) + f"state_dir: {tmp_path / 'elsewhere'}\n"
    (tmp_path / "svcdns.yaml").write_text(text)
    arguments = ("--config", str(tmp_path / "svcdns.yaml"))
    async with server.running(tmp_path, *arguments, default_state=True) as found:
        await becomes(found.address, "web", ["10.96.0.1"])
        wanted = (
            f"cannot save the configuration for the next start in {tmp_path}/file/svcdns/configurations: "
        )
        await running.until(lambda: wanted in found.log.read_text(), "the warning")
    assert "choose another folder with --state-dir or SVCDNS_STATE_DIR" in found.log.read_text()


async def test_a_bad_one_is_shown_until_the_file_that_it_names_is_mended(tmp_path: Path) -> None:
    http, corefile = server.free_port(), tmp_path / "Corefile"
    good = basis(tmp_path) + f"http: 127.0.0.1:{http}\n"
    text = ".:53 {{\n  kubernetes cluster.local {{\n    ttl {ttl}\n  }}\n}}\n"
    corefile.write_text(text.format(ttl="long"))
    async with configured(tmp_path, good) as found:
        await becomes(found.server.address, "web", ["10.96.0.1"])
        seen = await scraping.scrape(http, lambda seen: seen.value("svcdns_ready"))
        assert seen.value("svcdns_configuration_refused") == 0
        await found.say(f"{good}listen: 127.0.0.1:{found.server.address[1]}\ncorefile: {corefile}\n")
        assert (await scraping.scrape(http)).value("svcdns_configuration_refused") == 1
        status, ready = await scraping.get(http, "/ready")
        assert (status, ready.splitlines()[1]) == (
            200,
            f"configuration: refused, the last good one is served: {corefile}:3: "
            "ttl: 'long' is not a whole number from 0 to 3600",
        )
        corefile.write_text(text.format(ttl=66))
        await running.until(lambda: "is served" in found.log, "the new configuration")
        assert await ttl(found) == 66
        assert (await scraping.scrape(http)).value("svcdns_configuration_refused") == 0
        assert "refused" not in (await scraping.get(http, "/ready"))[1]


async def test_what_cannot_be_watched_is_refused(tmp_path: Path) -> None:
    """The file is right, and what it names is not there: the last watcher goes on."""
    good = basis(tmp_path)
    async with configured(tmp_path, good) as found:
        await becomes(found.server.address, "web", ["10.96.0.1"])
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty" / "bad.yaml").write_text("kind: [")
        await found.say(f"kubeconfig: {tmp_path / 'none.yaml'}\n")
        assert "is refused" in found.log
        (tmp_path / "m" / "more.yaml").write_text(manifests.service("more", "10.96.0.7"))
        await becomes(found.server.address, "more", ["10.96.0.7"])


async def test_a_changed_file_is_seen(tmp_path: Path) -> None:
    """As the kubelet changes a ConfigMap: a link to another folder."""
    for number in (1, 2):
        (tmp_path / f"..{number}").mkdir()
        (tmp_path / f"..{number}" / "svcdns.yaml").write_text(basis(tmp_path) + f"ttl: {number}\n")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "svcdns.yaml").symlink_to("..data/svcdns.yaml")
    async with server.running(tmp_path, "--config", str(tmp_path / "svcdns.yaml")) as plain:
        found = Configured(tmp_path / "svcdns.yaml", plain)
        await becomes(found.server.address, "web", ["10.96.0.1"])
        assert await ttl(found) == 1
        (tmp_path / "..new").symlink_to("..2")
        (tmp_path / "..new").replace(tmp_path / "..data")
        await running.until(lambda: "is served" in found.log, "the new configuration")
        assert await ttl(found) == 2


async def test_files_that_change_while_they_are_read_are_read_again(tmp_path: Path) -> None:
    text = basis(tmp_path)
    async with configured(tmp_path, text) as found:
        await becomes(found.server.address, "web", ["10.96.0.1"])
        os.kill(found.server.process.pid, signal.SIGHUP)

        def is_seen() -> bool:
            found.file.write_text(text + "ttl: 66\n")
            return "the files changed while they were read" in found.log

        await running.until(is_seen, "the change")
        assert "the new configuration is served" not in found.log
        await running.until(lambda: "is served" in found.log, "the new configuration")
        assert await ttl(found) == 66


async def test_what_counts_after_a_restart_is_said(tmp_path: Path) -> None:
    text = basis(tmp_path)
    async with configured(tmp_path, text) as found:
        await found.say(text.replace("workers: 2", "workers: 1") + "ttl: 9\n")
        assert "workers: a change takes effect only after a restart" in found.log
        assert await ttl(found) == 9
        assert len(running.workers(found.server.process.pid)) == 2
        before = running.children(found.server.process.pid)
        await found.reread()
        assert running.children(found.server.process.pid) == before


async def test_a_reload_while_the_last_generation_ends(tmp_path: Path) -> None:
    """What was switched to stays known: the files can go back, and no process is left over."""
    text = basis(tmp_path)
    async with configured(tmp_path, text) as configuration:
        await becomes(configuration.server.address, "web", ["10.96.0.1"])
        supervisor = configuration.server.process.pid
        first_ttl, first_children = await ttl(configuration), running.children(supervisor)
        quick, slow = running.workers(supervisor)
        with stopped(slow):
            configuration.file.write_text(text + "ttl: 77\n")
            os.kill(supervisor, signal.SIGHUP)
            await running.until(lambda: not running.is_alive(quick), "the next generation")
            await configuration.say("nonsense: 1\n")
            configuration.file.write_text(text)
            os.kill(supervisor, signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while await ttl(configuration) != first_ttl:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        await running.until(lambda: len(running.children(supervisor)) == 3, "the end of the others")
        assert await ttl(configuration) == first_ttl
        assert not set(first_children) & set(running.children(supervisor))
    assert configuration.server.process.returncode == 0


async def test_a_stop_while_the_last_generation_ends(tmp_path: Path) -> None:
    async with configured(tmp_path, basis(tmp_path)) as configuration:
        await becomes(configuration.server.address, "web", ["10.96.0.1"])
        quick, slow = running.workers(configuration.server.process.pid)
        with stopped(slow):
            configuration.file.write_text(basis(tmp_path) + "ttl: 77\n")
            os.kill(configuration.server.process.pid, signal.SIGHUP)
            await running.until(lambda: not running.is_alive(quick), "the next generation")
            children = running.children(configuration.server.process.pid)
            configuration.server.process.terminate()
            await running.until(lambda: "stopping" in configuration.log, "the stop")
        assert await configuration.server.process.wait() == 0
    assert not [pid for pid in (slow, *children) if running.is_alive(pid)]


async def test_only_another_configuration_ends_one_that_is_being_applied(tmp_path: Path) -> None:
    """Its watcher fills a table from an API server that is gone, which may take any time."""
    async with fake_apiserver.serving() as api:
        waiting = f"kubeconfig: {api.kubeconfig(tmp_path)}\nworkers: 2\n"
    http = server.free_port()
    good = basis(tmp_path)
    async with configured(tmp_path, good, "--http", f"127.0.0.1:{http}") as configuration:
        await becomes(configuration.server.address, "web", ["10.96.0.1"])
        supervisor = configuration.server.process.pid
        configuration.file.write_text(waiting)
        os.kill(supervisor, signal.SIGHUP)
        await running.until(lambda: "the API server http" in configuration.log, "the next watcher")
        children = running.children(supervisor)
        assert len(children) == 4

        await configuration.say(waiting + "nonsense: 1\n")
        assert "configuration: refused" in (await scraping.get(http, "/ready"))[1]
        read = configuration.log.count("reading the configuration")
        configuration.file.write_text(waiting + "# mended\n")
        os.kill(supervisor, signal.SIGHUP)
        await running.until(
            lambda: configuration.log.count("reading the configuration") > read, "another reading"
        )
        await running.until(lambda: set(running.children(supervisor)) == set(children), "the reader's end")

        await configuration.say(good)
        assert "has not changed" in configuration.log
        assert len(running.children(supervisor)) == 3
        assert "refused" not in (await scraping.get(http, "/ready"))[1]
        assert texts(await ask(configuration.server.address, "web")) == ["10.96.0.1"]


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing until the block ends, as one that waits for a slow upstream."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def test_a_large_configuration(tmp_path: Path) -> None:
    lines = [f"  - 192.0.2.1 host-{number}.with-a-long-name.example" for number in range(2000)]
    text = basis(tmp_path) + "hosts:\n" + "\n".join(lines) + "\n"
    async with configured(tmp_path, text) as found:
        (reply,) = await asking.udp(
            found.server.address,
            [dns.message.make_query("host-1999.with-a-long-name.example.", "A").to_wire()],
        )
        assert reply is not None
        assert texts(dns.message.from_wire(reply)) == ["192.0.2.1"]


async def test_a_worker_that_hangs_is_replaced(tmp_path: Path) -> None:
    async with configured(tmp_path, basis(tmp_path)) as found:
        await becomes(found.server.address, "web", ["10.96.0.1"])
        hung = running.workers(found.server.process.pid)[0]
        os.kill(hung, signal.SIGSTOP)
        begun = time.monotonic()
        await running.until(lambda: not running.is_alive(hung), "its end")
        assert time.monotonic() - begun > 2
        await running.until(lambda: len(running.workers(found.server.process.pid)) == 2, "another one")
        assert "worker 0 has said nothing for 5 s: it is ended" in found.log
        assert texts(await ask(found.server.address, "web")) == ["10.96.0.1"]
