"""What the processes of one server are told: the settings as plain values.

The supervisor and its children import no pydantic; the command line writes this, they read it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svcdns import addresses
from svcdns.dns.answer.query_rules import QueryRules
from svcdns.dns.table import table_meta
from svcdns.forward.settings import Forwarding
from svcdns.serve import outside_plan

if TYPE_CHECKING:
    from svcdns.config.object_source import SourceKind
    from svcdns.config.settings import Settings


class Answers(Struct, frozen=True):
    """The settings that decide what is answered; a stored table of others is not used."""

    zone: tuple[str, ...]
    ttl: int
    negative_ttl: int
    pods: str
    dns_service: str
    reverse_zones: tuple[str, ...]
    follows_ranges: bool
    """The cluster's ServiceCIDRs add to them, since none are configured."""
    namespaces: tuple[str, ...]
    namespace_labels: str
    labels: str
    endpoint_pod_names: bool
    ignore_empty_service: bool
    no_endpoints: bool


class Source(Struct, frozen=True):
    """Where objects come from; `origin` says which fields count."""

    origin: str
    manifests: tuple[str, ...] = ()
    kubeconfig: str | None = None
    context: str | None = None
    service_cidr: tuple[str, ...] = ()
    node_port_range: str = "30000-32767"


class Listen(Struct, frozen=True):
    """An address to answer on: UDP and TCP, or with `tls` DNS over TLS."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        text = addresses.host_port(self.host, self.port)
        return f"{text} (TLS)" if self.tls else f"{text} (UDP and TCP)"


FIXED = ("listen", "http", "workers", "state_dir")
"""Of a plan: sockets and folders are taken once, before rights are given up."""


class Plan(Struct, frozen=True):
    """Everything that `svcdns serve` was asked to do."""

    listen: tuple[Listen, ...]
    tls_cert: str | None
    tls_key: str | None
    http: tuple[Listen, ...]
    ready_when_stale: bool
    lameduck: int
    workers: int
    state_dir: str
    log_level: str
    log_format: Literal["text", "json"]
    query_log: Literal["off", "errors", "sampled"]
    query_log_sample: int
    answers: Answers
    source: Source
    forwarding: Forwarding
    policy: QueryRules
    zonefiles: tuple[str, ...]
    hosts: tuple[str, ...]
    hosts_lines: tuple[str, ...]
    hosts_ttl: int

    @property
    def identity(self) -> str:
        """What a table is made from: another identity is another table.

        Names of files are written anew at each start, so they are no part of it.
        """
        source = (self.source.origin, self.source.manifests, self.source.kubeconfig, self.source.context)
        ranges = (self.source.service_cidr, self.source.node_port_range)
        return msgspec.json.encode((table_meta.FORMAT_VERSION, self.answers, source, ranges)).decode()

    @property
    def for_watcher(self) -> object:
        """What a watcher's work depends on; equal ones do the same."""
        files = (self.zonefiles, self.hosts, self.hosts_lines, self.hosts_ttl)
        return (self.identity, *files, self.log_level, self.log_format)

    @property
    def for_workers(self) -> object:
        """The same of workers, beside their table."""
        certificate = (self.tls_cert, self.tls_key)
        queries = (self.query_log, self.query_log_sample)
        return (self.forwarding, self.policy, *certificate, *queries, self.log_level, self.log_format)

    @property
    def for_query_log(self) -> object:
        """The same of who writes the query log."""
        return (self.query_log != "off", self.log_format)

    def with_fixed(self, of: Plan) -> tuple[Plan, tuple[str, ...]]:
        """This plan with what only a new process can change, from `of`; and the fields that differ there."""
        differing = tuple(name for name in FIXED if getattr(self, name) != getattr(of, name))
        return replace(self, **{name: getattr(of, name) for name in FIXED}), differing


def from_settings(settings: Settings, origin: SourceKind) -> Plan:
    """The plan for these settings."""
    return Plan(
        listen=tuple(Listen(at.address.host, at.address.port, at.tls) for at in settings.listen),
        tls_cert=str(settings.tls_cert.absolute()) if settings.tls_cert else None,
        tls_key=str(settings.tls_key.absolute()) if settings.tls_key else None,
        http=tuple(Listen(at.host, at.port) for at in settings.http),
        ready_when_stale=settings.ready_when_stale,
        lameduck=settings.lameduck,
        workers=settings.workers,
        state_dir=str(settings.state_dir.absolute()),
        log_level=settings.log_level,
        log_format=settings.log_format,
        query_log=settings.query_log,
        query_log_sample=settings.query_log_sample,
        answers=Answers(
            zone=settings.zone,
            ttl=settings.ttl,
            negative_ttl=settings.negative_ttl,
            pods=settings.pods,
            dns_service=str(settings.dns_service),
            reverse_zones=tuple(map(str, settings.reverse_zones)),
            follows_ranges="reverse_zones" not in settings.model_fields_set,
            namespaces=settings.namespaces,
            namespace_labels=str(settings.namespace_labels),
            labels=str(settings.labels),
            endpoint_pod_names=settings.endpoint_pod_names,
            ignore_empty_service=settings.ignore_empty_service,
            no_endpoints=settings.no_endpoints,
        ),
        source=Source(
            origin=origin,
            manifests=tuple(str(path.absolute()) for path in settings.manifests),
            kubeconfig=str(settings.kubeconfig.absolute()) if settings.kubeconfig else None,
            context=settings.context,
            service_cidr=tuple(map(str, settings.service_cidr)),
            node_port_range=str(settings.node_port_range),
        ),
        forwarding=outside_plan.forwarding(settings),
        policy=outside_plan.rules(settings),
        zonefiles=tuple(str(path.absolute()) for path in settings.zonefiles),
        hosts=tuple(str(path.absolute()) for path in settings.hosts_files),
        hosts_lines=settings.hosts_lines,
        hosts_ttl=settings.hosts_ttl,
    )


def state_dir(plan: Plan) -> Path:
    """The folder of the table."""
    return Path(plan.state_dir)
