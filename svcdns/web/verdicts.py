"""Whether the server is healthy, and ready: decided from an overview, and in words; pure.

    healthy   every worker was heard of within HUNG seconds, or was just started
    ready     not stopping; workers are heard of; the table has answers, all that the source and the
              files said at some time, or, where that is allowed, those of a stored table

A source that falls silent later takes nothing back: the answers go on, marked as stale.
"""

from msgspec import Struct

from svcdns.stats.numbers import Resource
from svcdns.stats.overview import Overview, Process

HUNG = 30.0
"""Seconds; each worker tells of itself every second, from the loop in which it answers."""


class Waiting(Struct, frozen=True):
    """A kind of object, and what it waits for; ages in seconds."""

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
    """The answer of /ready."""

    ready: bool
    reason: str
    table: str
    files_read: bool
    """Zone files and hosts files."""
    resources: list[Waiting]
    refused: list[str]
    """What is wrong with the configuration, while the last good one is served."""

    def __str__(self) -> str:
        refused = (f"configuration: refused, the last good one is served: {line}" for line in self.refused)
        files = () if self.files_read else ("zone files and hosts files: they are being read",)
        return "".join(f"{line}\n" for line in (self.reason, *refused, *self.resources, *files))


def workers(seen: Overview) -> list[Process]:
    """All processes that answer."""
    return [process for process in seen.processes if process.name.startswith("worker")]


def health(seen: Overview) -> tuple[bool, str]:
    """Whether the server is healthy, and a line that says why not."""
    every = workers(seen)
    hung = [process for process in every if _is_hung(process)]
    if hung:
        return False, "".join(
            f"{process.name} has said nothing for {process.silent:.0f} s\n" for process in hung
        )
    return True, f"ok: {len(every)} {'worker answers' if len(every) == 1 else 'workers answer'}\n"


def _is_hung(process: Process) -> bool:
    return process.silent is not None and process.silent > HUNG


def readiness(seen: Overview, when_stale: bool) -> Readiness:
    """Whether the server is ready, and what each kind of object waits for."""
    ready, reason = _verdict(seen, when_stale)
    refused = seen.refused.splitlines()
    if seen.table is None:
        return Readiness(ready, reason, "unknown", False, [], refused)
    resources = [_waiting(kind, resource, seen.now) for kind, resource in seen.table.resources.items()]
    return Readiness(ready, reason, seen.table.state.lower(), seen.table.files_read, resources, refused)


def _verdict(seen: Overview, when_stale: bool) -> tuple[bool, str]:
    if seen.stopping:
        return False, "not ready: stopping"
    if not any(process.pid and not _is_hung(process) for process in workers(seen)):
        return False, "not ready: no worker answers"
    if not seen.has_answers:
        return False, "not ready: no answers yet: waiting for the first list"
    if not seen.listed_once:
        stored = "the answers are those of a stored table: the source has not been listed whole yet"
        return (True, f"ready: {stored}") if when_stale else (False, f"not ready: {stored}")
    if seen.table is not None and seen.table.state == "STALE":
        return True, "ready: the answers may be out of date"
    return True, "ready"


def _waiting(kind: str, resource: Resource, now: float) -> Waiting:
    def age(when: float | None) -> float | None:
        return None if when is None else max(0.0, now - when)

    return Waiting(
        kind,
        resource.waiting_since is None,
        resource.objects,
        age(resource.waiting_since),
        resource.error,
        age(resource.last_event),
        age(resource.last_list),
    )
