"""The watcher's process: its source, its table, its snapshots."""

import asyncio
import contextlib
import ipaddress
import logging
import socket
import sys
from pathlib import Path

from svcdns import errors
from svcdns.cluster import specification as cluster
from svcdns.dns import nodes
from svcdns.kube.objects import Kind
from svcdns.kube.store import Store
from svcdns.serve import channel, greeting, stored, watcher
from svcdns.serve.beside import Beside
from svcdns.serve.runtime_config import ObjectSource, RuntimeConfig
from svcdns.serve.tablestate import TableState
from svcdns.serve.telling import Reads, Telling
from svcdns.sources import Source
from svcdns.sources.hosts.source import HostsFiles
from svcdns.sources.zonefiles.source import ZoneFiles
from svcdns.table.writer import Writer

log = logging.getLogger("svcdns.watcher")


def run(config: RuntimeConfig, state: Path, live: Path, control: socket.socket) -> int:
    """Watch until told to stop; the exit code (below 64: nothing that another start would mend)."""
    try:
        source = open_source(config.source, config.only_cluster)
        asyncio.run(_watch(source, config, state, live, control))
    except errors.SvcdnsError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def open_source(options: ObjectSource, zone: cluster.ClusterZone) -> Source:
    """The source of the objects that a cluster zone needs; it imports only what it needs."""
    if options.origin == "manifests":
        from svcdns.kube.ranges import Ranges
        from svcdns.sources.manifests import Manifests
        from svcdns.sources.manifests.source import ManifestSource

        first, last = options.node_port_range
        ranges = Ranges(tuple(map(ipaddress.ip_network, options.service_cidr)), range(first, last + 1))
        manifests = Manifests(options.manifests, ranges)
        return ManifestSource(manifests, endpoint_pod_names=zone.endpoint_pod_names)
    from svcdns.sources.apiserver.source import ApiServerSource

    pods: tuple[Kind, ...] = ("Pod",) if zone.pods == "verified" else ()
    cidrs: tuple[Kind, ...] = ("ServiceCIDR",) if zone.follows_ranges else ()
    return ApiServerSource(
        Path(options.kubeconfig) if options.kubeconfig else None,
        options.context,
        kinds=("Namespace", "Service", "EndpointSlice", *pods, *cidrs),
        endpoint_pod_names=zone.endpoint_pod_names,
    )


async def _watch(
    source: Source, config: RuntimeConfig, state: Path, live: Path, control: socket.socket
) -> None:
    block, identity = config.only_block, config.identity
    options = cluster.options_of(config.only_cluster)
    writer = Writer(live, nodes.APART)

    published = asyncio.Event()
    described = TableState(writer.get(nodes.META), cluster.zones(options))
    sink = watcher.Watcher(writer, described, options, source.kinds, published.set)
    beside = Beside(writer, described, sink.changed)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(control, _listen, control, writer, stop)
    zone_files = ZoneFiles(block.zonefiles)
    hosts_files = HostsFiles(block.hosts.files, block.hosts.lines, block.hosts.ttl)
    readers: dict[str, Reads] = {config.source.origin: source, "zonefiles": zone_files, "hosts": hosts_files}
    telling = Telling(source, sink, described, writer, beside, readers)
    tasks = [
        asyncio.create_task(zone_files.run(beside.publish_zones)),
        asyncio.create_task(hosts_files.run(beside.publish_hosts)),
        asyncio.create_task(source.run(sink)),
        asyncio.create_task(stored.keep_snapshots(sink, writer, state, identity)),
        asyncio.create_task(telling.run(control)),
        asyncio.create_task(stop.wait()),
        asyncio.create_task(sink.another_cluster.wait()),
    ]
    announcing = asyncio.create_task(
        _announce(control, telling, sink.store, options, published, beside.complete)
    )
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if sink.live and sink.changed_at is not None:
            stored.save(writer, state, identity)
    finally:
        for task in (*tasks, announcing):
            task.cancel()
        await asyncio.gather(*tasks, announcing, return_exceptions=True)
        writer.close()


async def _announce(
    control: socket.socket,
    telling: Telling,
    store: Store,
    options: cluster.Options,
    *published: asyncio.Event,
) -> None:
    """Say that all is known, the cluster's names and those of files: and how the table is, for /ready."""
    for event in published:
        await event.wait()
    telling.tell(control)
    channel.send(control, channel.Ready(len(store.services), greeting.examples(store, options)))


def _listen(control: socket.socket, writer: Writer, stop: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            if not isinstance(channel.receive(control), channel.ReaderDied):
                stop.set()
                return
            writer.free_dead_readers()
