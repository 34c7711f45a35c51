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
from svcdns.dns.table import node_format
from svcdns.kube.objects import Kind
from svcdns.kube.store import Store
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import RuntimeConfig, SourceOptions
from svcdns.serve.watcher import banner, snapshots, watcher
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher_report import HasProblems, WatcherReport
from svcdns.sources import ObjectSource
from svcdns.sources.hosts.hosts_file_source import HostsFileSource
from svcdns.sources.zonefiles.zone_file_source import ZoneFileSource
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")


def run(config: RuntimeConfig, state_dir: Path, table_path: Path, control: socket.socket) -> int:
    """Watch until told to stop; the exit code (below 64: nothing that another start would mend)."""
    try:
        source = open_source(config.source, config.only_cluster)
        asyncio.run(_watch(source, config, state_dir, table_path, control))
    except errors.SvcdnsError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def open_source(options: SourceOptions, zone: cluster.ClusterZone) -> ObjectSource:
    """The source of the objects that a cluster zone needs; it imports only what it needs."""
    if options.origin == "manifests":
        from svcdns.kube.manifests.service_ranges import ServiceRanges
        from svcdns.sources.manifests import ManifestFileSet
        from svcdns.sources.manifests.manifest_source import ManifestSource

        first, last = options.node_port_range
        ranges = ServiceRanges(tuple(map(ipaddress.ip_network, options.service_cidr)), range(first, last + 1))
        manifests = ManifestFileSet(options.manifests, ranges)
        return ManifestSource(manifests, endpoint_pod_names=zone.endpoint_pod_names)
    from svcdns.sources.apiserver.api_server_source import ApiServerSource

    pods: tuple[Kind, ...] = ("Pod",) if zone.pods == "verified" else ()
    cidrs: tuple[Kind, ...] = ("ServiceCIDR",) if zone.follows_ranges else ()
    return ApiServerSource(
        Path(options.kubeconfig) if options.kubeconfig else None,
        options.context,
        kinds=("Namespace", "Service", "EndpointSlice", *pods, *cidrs),
        endpoint_pod_names=zone.endpoint_pod_names,
    )


async def _watch(
    source: ObjectSource, config: RuntimeConfig, state_dir: Path, table_path: Path, control: socket.socket
) -> None:
    block, identity = config.only_block, config.identity
    options = cluster.options_of(config.only_cluster)
    writer = TableWriter(table_path, node_format.NON_CLUSTER_PREFIXES)

    published = asyncio.Event()
    described = TableState(writer.get(node_format.META_KEY), cluster.configured_zones(options))
    sink = watcher.Watcher(writer, described, options, source.kinds, published.set)
    beside = StaticDataPublisher(writer, described, sink.on_files_written)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(control, _on_control_message, control, writer, stop)
    zone_files = ZoneFileSource(block.zonefiles)
    hosts_files = HostsFileSource(block.hosts.files, block.hosts.lines, block.hosts.ttl)
    readers: dict[str, HasProblems] = {
        config.source.origin: source,
        "zonefiles": zone_files,
        "hosts": hosts_files,
    }
    telling = WatcherReport(source, sink, described, writer, beside, readers)
    tasks = [
        asyncio.create_task(zone_files.run(beside.publish_zones)),
        asyncio.create_task(hosts_files.run(beside.publish_hosts)),
        asyncio.create_task(source.run(sink)),
        asyncio.create_task(snapshots.save_periodically(sink, writer, state_dir, identity)),
        asyncio.create_task(telling.run(control)),
        asyncio.create_task(stop.wait()),
        asyncio.create_task(sink.cluster_replaced.wait()),
    ]
    announcing = asyncio.create_task(
        _announce_ready(control, telling, sink.store, options, published, beside.all_published)
    )
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if sink.is_live and sink.changed_at is not None:
            snapshots.save_snapshot(writer, state_dir, identity)
    finally:
        for task in (*tasks, announcing):
            task.cancel()
        await asyncio.gather(*tasks, announcing, return_exceptions=True)
        writer.close()


async def _announce_ready(
    control: socket.socket,
    report: WatcherReport,
    store: Store,
    options: cluster.ClusterOptions,
    *published: asyncio.Event,
) -> None:
    """Say that all is known, the cluster's names and those of files: and how the table is, for /ready."""
    for event in published:
        await event.wait()
    report.send(control)
    ipc.send(control, ipc.Ready(len(store.services), banner.example_queries(store, options)))


def _on_control_message(control: socket.socket, writer: TableWriter, stop: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            if not isinstance(ipc.receive(control), ipc.ReaderDied):
                stop.set()
                return
            writer.free_dead_readers()
