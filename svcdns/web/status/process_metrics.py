"""The server as a whole: its versions, its readiness, its processes and its configuration, as series."""

import platform
from collections.abc import Iterator

import svcdns
from svcdns.stats.metric import Metric
from svcdns.stats.overview import Overview, ProcessStatus
from svcdns.web.status.series import Series, make_series, series_of_fields

_COREDNS_BUILD = Metric(
    "coredns_build_info",
    "The program that answers in CoreDNS's place, and its version.",
    "goversion revision version",
)
_BUILD = Metric("svcdns_build_info", "Versions of svcdns and Python.", "python version")
_READY = Metric("svcdns_ready", "1 where /ready says yes.")
_PROCESS_UP = Metric("svcdns_process_up", "1 while a process runs.", "process")
_ALL_MEMORY = Metric("process_resident_memory_bytes", "Memory of all processes (PSS).")
_CONFIG_REFUSED = Metric(
    "svcdns_configuration_refused",
    "1 while the last good configuration is served, since there is a mistake in the new one.",
)


def all_series(overview: Overview, is_ready: bool) -> Iterator[Series]:
    """The program, then its processes, then what else the supervisor knows."""
    yield from _versions()
    yield make_series(_READY, [({}, is_ready)])

    processes = [({"process": process.name}, process) for process in overview.processes]
    yield make_series(_PROCESS_UP, [(labels, process.pid > 0) for labels, process in processes])
    yield from series_of_fields(ProcessStatus, processes)

    yield make_series(_ALL_MEMORY, [({}, sum(overview.memory_bytes.values()))])
    yield make_series(_CONFIG_REFUSED, [({}, bool(overview.config_error))])
    yield from series_of_fields(Overview, [({}, overview)])


def _versions() -> Iterator[Series]:
    python = platform.python_version()
    version = svcdns.__version__

    # Dashboards of CoreDNS show these labels; there is no commit and no Go to name.
    coredns_labels = {
        "version": f"svcdns-{version}",
        "revision": "",
        "goversion": f"python{python}",
    }
    yield make_series(_COREDNS_BUILD, [(coredns_labels, 1)])
    yield make_series(_BUILD, [({"version": version, "python": f"python{python}"}, 1)])
