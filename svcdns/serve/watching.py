"""The watcher's process: its source, its table, its snapshots."""

import asyncio
import contextlib
import logging
import socket
import sys
from pathlib import Path

from svcdns import errors
from svcdns.config import values
from svcdns.kube.store import Store
from svcdns.serve import channel, greeting, plan, watcher
from svcdns.serve.plan import Plan
from svcdns.sources import Source
from svcdns.table.writer import Writer

log = logging.getLogger("svcdns.watcher")


def run(wanted: Plan, state: Path, live: Path, control: socket.socket) -> int:
    """Watch until told to stop; the exit code (below 64: nothing that another start would mend)."""
    try:
        source = open_source(wanted)
        asyncio.run(_watch(source, wanted, state, live, control))
    except errors.SvcdnsError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def open_source(wanted: Plan) -> Source:
    """The source that the plan names; it imports only what it needs."""
    origin = wanted.source
    if origin.origin == "manifests":
        from svcdns.kube.ranges import Ranges
        from svcdns.sources.manifests import Manifests
        from svcdns.sources.manifests.source import ManifestSource

        ports = values.port_range(origin.node_port_range)
        ranges = Ranges(tuple(map(values.network, origin.service_cidr)), range(ports.first, ports.last + 1))
        return ManifestSource(Manifests(origin.manifests, ranges))
    from svcdns.sources.apiserver.source import ApiServerSource

    return ApiServerSource(
        Path(origin.kubeconfig) if origin.kubeconfig else None,
        origin.context,
        pods=wanted.answers.pods == "verified",
        endpoint_pod_names=wanted.answers.endpoint_pod_names,
    )


async def _watch(source: Source, wanted: Plan, state: Path, live: Path, control: socket.socket) -> None:
    options = plan.cluster_options(wanted.answers)
    writer = Writer(live)

    def published(store: Store) -> None:
        channel.send(control, channel.Ready(len(store.services), greeting.examples(store, options)))

    sink = watcher.Watcher(writer, options, source.kinds, published)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(control, _listen, control, writer, stop)
    tasks = [
        asyncio.create_task(source.run(sink)),
        asyncio.create_task(watcher.keep_snapshots(sink, writer, state, wanted.identity)),
        asyncio.create_task(stop.wait()),
        asyncio.create_task(sink.another_cluster.wait()),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if sink.live and sink.changed_at is not None:
            watcher.save(writer, state, wanted.identity)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()


def _listen(control: socket.socket, writer: Writer, stop: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            if not isinstance(channel.receive(control), channel.ReaderDied):
                stop.set()
                return
            writer.free_dead_readers()
