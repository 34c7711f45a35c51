"""Whether the server is healthy, and whether it is ready: decided from an overview, in words; pure.

    healthy   every worker reported within UNHEALTHY_AFTER seconds, or was just started; and none has had
              replies for UNSENT_TIMEOUT seconds of which the system took none (an idle one is well)
    ready     the server is not stopping, a worker reports, and the table has answers: all that the
              source and the files said at some time, or, if settings allow it, a stored table's

A source that falls silent later does not make the server unready: its answers go on, marked as stale.
"""

from msgspec import Struct

from svcdns.stats.overview import Overview, ProcessStatus
from svcdns.stats.watcher_counters import ResourceState

# Far above the supervisor's HUNG_TIMEOUT: that replaces one worker, a failed probe restarts all.
UNHEALTHY_AFTER = 30.0
"""Seconds without a report. A worker reports every second, from the same loop that answers queries."""

UNSENT_TIMEOUT = 5.0
"""Seconds in which queries came, and no reply left. It is short, since nobody is answered meanwhile."""


class ResourceReadiness(Struct, frozen=True):
    """A kind of object, and what it waits for; ages are in seconds. The fields are keys of /ready's JSON."""

    kind: str
    synced: bool
    objects: int
    waiting: float | None
    error: str | None
    last_event: float | None
    last_list: float | None

    def __str__(self) -> str:
        if self.synced:
            listed = "" if self.last_list is None else f", listed {self.last_list:.0f} s ago"
            return f"{self.kind}: {self.objects} {'object' if self.objects == 1 else 'objects'}{listed}"

        why = self.error or "it is being listed"
        return f"{self.kind}: waiting for {self.waiting or 0:.0f} s: {why}"


class Readiness(Struct, frozen=True):
    """The answer of /ready. The fields are keys of its JSON."""

    ready: bool
    reason: str
    table: str
    """`empty`, `stale` or `fresh`; `unknown` before the watcher's first report."""
    files_read: bool
    """Zone files and hosts files have been read."""
    resources: list[ResourceReadiness]
    refused: list[str]
    """What is wrong with the configuration, while the last good one is served."""
    faulty: list[str]
    """Whose names cannot be made: the last answers of each stay."""
    file_problems: list[str]
    """The first mistakes of zone files and hosts files; each costs its own zone or line."""

    def __str__(self) -> str:
        refused = (f"configuration: refused, the last good one is served: {line}" for line in self.refused)
        files = () if self.files_read else ("zone files and hosts files: they are being read",)
        faulty = (f"{subject}: its names cannot be made, see the log" for subject in self.faulty)
        mistakes = (f"zone files and hosts files: {problem}" for problem in self.file_problems)
        lines = (self.reason, *refused, *faulty, *self.resources, *files, *mistakes)
        return "".join(f"{line}\n" for line in lines)


def worker_processes(overview: Overview) -> list[ProcessStatus]:
    """All processes that answer queries."""
    return [process for process in overview.processes if process.name.startswith("worker")]


def check_health(overview: Overview) -> tuple[bool, str]:
    """Whether the server is healthy, and the text of /health: a line for each worker that is not."""
    workers = worker_processes(overview)
    problems = [
        f"{process.name} has said nothing for {process.silent_seconds:.0f} s\n"
        for process in workers
        if _is_hung(process)
    ]
    unsent_times = [
        overview.now - state.unsent_since
        for state in overview.worker_states
        if state.unsent_since is not None
    ]
    problems += [
        f"a worker has queries, but none of its replies has left for {seconds:.0f} s; see the log\n"
        for seconds in unsent_times
        if seconds > UNSENT_TIMEOUT
    ]
    if problems:
        return False, "".join(problems)
    return True, f"ok: {len(workers)} {'worker answers' if len(workers) == 1 else 'workers answer'}\n"


def _is_hung(process: ProcessStatus) -> bool:
    return process.silent_seconds is not None and process.silent_seconds > UNHEALTHY_AFTER


def check_readiness(overview: Overview, ready_when_stale: bool) -> Readiness:
    """Whether the server is ready, and what each kind of object waits for.

    With `ready_when_stale` the answers of a stored table are enough.
    """
    ready, reason = _readiness_and_reason(overview, ready_when_stale)
    refused = overview.config_error.splitlines()

    watcher = overview.watcher_state
    if watcher is None:
        return Readiness(ready, reason, "unknown", False, [], refused, [], [])

    resources = [
        _resource_readiness(kind, resource, overview.now) for kind, resource in watcher.resources.items()
    ]
    faulty = list(watcher.faulty_subjects)
    if unnamed_count := watcher.faulty_count - len(faulty):
        faulty.append(f"and {unnamed_count} more")
    return Readiness(
        ready,
        reason,
        watcher.table_state.lower(),
        watcher.has_read_files,
        resources,
        refused,
        faulty,
        list(watcher.file_problems),
    )


def _readiness_and_reason(overview: Overview, ready_when_stale: bool) -> tuple[bool, str]:
    # First: clients are to be led away, however good the answers are.
    if overview.is_stopping:
        return False, "not ready: stopping"

    # One worker is enough: queries for a worker that is being replaced wait in its sockets.
    if not any(process.pid and not _is_hung(process) for process in worker_processes(overview)):
        return False, "not ready: no worker answers"

    watcher = overview.watcher_state
    if watcher is not None and watcher.publish_error:
        return False, f"not ready: the answers cannot be made: {watcher.publish_error}; see the log"

    if not overview.has_answers:
        return False, "not ready: no answers yet: waiting for the first list"

    if watcher is not None and not watcher.has_read_files:
        return False, "not ready: zone files and hosts files are being read: their names may be denied yet"

    if not overview.has_been_listed:
        stored = "the answers are those of a stored table: the source has not been listed whole yet"
        return (True, f"ready: {stored}") if ready_when_stale else (False, f"not ready: {stored}")

    # Ready all the same: see the module's docstring.
    if watcher is not None and watcher.table_state == "STALE":
        return True, "ready: the answers may be out of date"
    return True, "ready"


def _resource_readiness(kind: str, resource: ResourceState, now: float) -> ResourceReadiness:
    def age(when: float | None) -> float | None:
        # A report may come while the overview is made, and be newer than its `now`.
        return None if when is None else max(0.0, now - when)

    return ResourceReadiness(
        kind=kind,
        synced=resource.stale_since is None,
        objects=resource.object_count,
        waiting=age(resource.stale_since),
        error=resource.error,
        last_event=age(resource.last_event),
        last_list=age(resource.last_list),
    )
