"""The watcher's process: opens its source and its table, and runs everything that keeps the table right."""

import asyncio
import contextlib
import logging
import socket
import sys
from pathlib import Path

from svcdns import cluster, errors
from svcdns.config import value_types
from svcdns.dns.table import node_format
from svcdns.kube.objects import Kind
from svcdns.kube.store import Store
from svcdns.serve import cluster_plan
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import Plan
from svcdns.serve.watcher import banner, snapshots, watcher
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher_report import HasProblems, WatcherReport
from svcdns.sources import ObjectSource
from svcdns.sources.hosts.hosts_file_source import HostsFileSource
from svcdns.sources.zonefiles.zone_file_source import ZoneFileSource
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")


def run(config: Plan, state_dir: Path, table_path: Path, control: socket.socket) -> int:
    """Watch until the supervisor says stop or is gone; the exit code.

    Codes from 1 to 63 mean that the source cannot be used as configured, so another start would not help.
    """
    try:
        source = open_source(config)
        asyncio.run(_watch(source, config, state_dir, table_path, control))
    except errors.SvcdnsError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def open_source(config: Plan) -> ObjectSource:
    """The source that the configuration names. Raises SvcdnsError if it cannot be used."""
    # Imports in the branches: manifests need no HTTP client, and the API server no YAML.
    origin = config.source
    if origin.origin == "manifests":
        from svcdns.kube.manifests.service_ranges import ServiceRanges
        from svcdns.sources.manifests import ManifestFileSet
        from svcdns.sources.manifests.manifest_source import ManifestSource

        ports = value_types.parse_port_range(origin.node_port_range)
        ranges = ServiceRanges(
            tuple(map(value_types.parse_network, origin.service_cidr)), range(ports.first, ports.last + 1)
        )
        return ManifestSource(
            ManifestFileSet(origin.manifests, ranges), endpoint_pod_names=config.answers.endpoint_pod_names
        )

    from svcdns.sources.apiserver.api_server_source import ApiServerSource

    # Pods are the most numerous objects, and ServiceCIDRs need a right of their own: only where needed.
    pods: tuple[Kind, ...] = ("Pod",) if config.answers.pods == "verified" else ()
    cidrs: tuple[Kind, ...] = ("ServiceCIDR",) if config.answers.follows_ranges else ()
    return ApiServerSource(
        Path(origin.kubeconfig) if origin.kubeconfig else None,
        origin.context,
        kinds=("Namespace", "Service", "EndpointSlice", *pods, *cidrs),
        endpoint_pod_names=config.answers.endpoint_pod_names,
    )


async def _watch(
    source: ObjectSource, config: Plan, state_dir: Path, table_path: Path, control: socket.socket
) -> None:
    options = cluster_plan.options(config.answers)
    writer = TableWriter(table_path, node_format.NON_CLUSTER_PREFIXES)

    published = asyncio.Event()
    table_state = TableState(writer.get(node_format.META_KEY), cluster.configured_zones(options))
    sink = watcher.Watcher(writer, table_state, options, source.kinds, published.set)
    static_data = StaticDataPublisher(writer, table_state, sink.on_files_written)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(control, _on_control_message, control, writer, stop)

    zone_files = ZoneFileSource(config.zonefiles)
    hosts_files = HostsFileSource(config.hosts, config.hosts_lines, config.hosts_ttl)
    readers: dict[str, HasProblems] = {
        config.source.origin: source,
        "zonefiles": zone_files,
        "hosts": hosts_files,
    }
    report = WatcherReport(source, sink, table_state, writer, static_data, readers)

    # The first of these that ends, or fails, ends the process.
    tasks = [
        asyncio.create_task(zone_files.run(static_data.publish_zones)),
        asyncio.create_task(hosts_files.run(static_data.publish_hosts)),
        asyncio.create_task(source.run(sink)),
        asyncio.create_task(snapshots.save_periodically(sink, writer, state_dir, config.identity)),
        asyncio.create_task(report.run(control)),
        asyncio.create_task(stop.wait()),
        asyncio.create_task(sink.cluster_replaced.wait()),
    ]
    ready_task = asyncio.create_task(
        _announce_ready(control, report, sink.store, options, published, static_data.all_published)
    )
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

        # A table of another cluster (`cluster_replaced`) is not live any more, and not saved.
        if sink.is_live and sink.changed_at is not None:
            snapshots.save_snapshot(writer, state_dir, config.identity)
    finally:
        for task in (*tasks, ready_task):
            task.cancel()
        await asyncio.gather(*tasks, ready_task, return_exceptions=True)
        writer.close()


async def _announce_ready(
    control: socket.socket,
    report: WatcherReport,
    store: Store,
    options: cluster.ClusterOptions,
    *published: asyncio.Event,
) -> None:
    """Tell the supervisor once that the table has all names, the cluster's and those of files."""
    for event in published:
        await event.wait()

    # First the state of the table: `/ready` looks at it from now on.
    report.send(control)
    ipc.send(control, ipc.Ready(len(store.services), banner.example_queries(store, options)))


def _on_control_message(control: socket.socket, writer: TableWriter, stop: asyncio.Event) -> None:
    """Free the slots of readers that died; set `stop` when the supervisor says so, or is gone."""
    with contextlib.suppress(BlockingIOError):
        while True:
            if not isinstance(ipc.receive(control), ipc.ReaderDied):
                stop.set()
                return
            writer.free_dead_readers()
