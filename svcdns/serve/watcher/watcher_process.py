"""The watcher's process: opens its source and its table, and runs everything that keeps the table right."""

import asyncio
import contextlib
import ipaddress
import logging
import socket
import time
from pathlib import Path

from svcdns import errors
from svcdns.cluster import specification as cluster
from svcdns.dns.table import node_format
from svcdns.forward.options import reverse_routes
from svcdns.kube.objects import Kind
from svcdns.kube.store import Store
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import RuntimeConfig, SourceOptions
from svcdns.serve.watcher import banner, snapshots, watcher
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher_report import HasProblems, WatcherReport
from svcdns.sources import ObjectSource
from svcdns.sources.hosts.hosts_file_source import HostsFileSource
from svcdns.sources.zonefiles.zone_file_source import ZoneFileSource
from svcdns.table import damage
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")

MAX_REASON_LENGTH = 4096
"""Characters of an error that the supervisor is told."""


def run(config: RuntimeConfig, state_dir: Path, table_path: Path, control: socket.socket) -> int:
    """Watch until the supervisor says stop or is gone; the exit code.

    Codes from 1 to 63 mean that the source cannot be used as configured, so another start would not help.
    """
    try:
        source = open_source(config.source, config.only_cluster)
        asyncio.run(_watch(source, config, state_dir, table_path, control))
    except errors.TableDamagedError as error:
        damage.end_process(error)
    except damage.DamageError as error:
        damage.end_process(error)
    except errors.SvcdnsError as error:
        ipc.send(control, ipc.SourceFailed(str(error)[:MAX_REASON_LENGTH]))
        return error.exit_code
    return 0


class _Pulse:
    """Tells the supervisor about once a second that this process is alive, where the event loop cannot."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._beaten_at = time.monotonic()

    def beat(self) -> None:
        """Send, if it is time."""
        now = time.monotonic()
        if now - self._beaten_at >= ipc.REPORT_INTERVAL:
            self._beaten_at = now
            ipc.send(self._control, ipc.Busy())


def open_source(options: SourceOptions, zone: cluster.ClusterZone) -> ObjectSource:
    """The source of the objects that a cluster zone needs. Raises SvcdnsError if it cannot be used."""
    # Imports in the branches: manifests need no HTTP client, and the API server no YAML.
    if options.origin == "manifests":
        from svcdns.kube.manifests.service_ranges import ServiceRanges
        from svcdns.sources.manifests import ManifestFileSet
        from svcdns.sources.manifests.manifest_source import ManifestSource

        first, last = options.node_port_range
        ranges = ServiceRanges(tuple(map(ipaddress.ip_network, options.service_cidr)), range(first, last + 1))
        manifests = ManifestFileSet(options.manifests, ranges)
        return ManifestSource(manifests, endpoint_pod_names=zone.endpoint_pod_names)

    from svcdns.sources.apiserver.api_server_source import ApiServerSource

    # Pods are the most numerous objects, and ServiceCIDRs need a right of their own: only where needed.
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
    block, identity = config.only_block, config.table_identity
    options = cluster.options_of(config.only_cluster)
    writer = TableWriter(table_path, node_format.NON_CLUSTER_PREFIXES)

    published = asyncio.Event()
    table_state = TableState(writer.get(node_format.META_KEY), cluster.configured_zones(options))
    pulse = _Pulse(control)
    sink = watcher.Watcher(writer, table_state, options, source.kinds, published.set, pulse.beat)
    static_data = StaticDataPublisher(writer, table_state, sink.on_files_written)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(control, _on_control_message, control, writer, stop)

    zone_files = ZoneFileSource(block.zonefiles, reverse_routes(block.routes))
    hosts_files = HostsFileSource(block.hosts.files, block.hosts.lines, block.hosts.ttl)
    readers: dict[str, HasProblems] = {
        config.source.origin: source,
        "zonefiles": zone_files,
        "hosts": hosts_files,
    }
    saving_fault = LastingFault(log, "the table is saved for the next start again")
    report = WatcherReport(
        source,
        sink,
        table_state,
        writer,
        static_data,
        readers,
        (zone_files.problem_log, hosts_files.problem_log),
    )

    # The first of these that ends, or fails, ends the process.
    tasks = [
        asyncio.create_task(zone_files.run(static_data.publish_zones)),
        asyncio.create_task(hosts_files.run(static_data.publish_hosts)),
        asyncio.create_task(source.run(sink)),
        asyncio.create_task(snapshots.save_periodically(sink, writer, state_dir, identity, saving_fault)),
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
            snapshots.save_snapshot(writer, state_dir, identity, saving_fault)
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
