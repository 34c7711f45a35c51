"""What the processes of one server are told: all settings of `svcdns serve`, in one shape.

    RuntimeConfig                       the process: its source, logs, workers, folder
      └─ listeners: Listener            a set of addresses, with the certificate of tls:// ones
           └─ blocks: Block             a suffix at these addresses
                ├─ rules, hosts, zonefiles    what goes before its zones
                ├─ cluster: ClusterZone       the names of the cluster, or none
                ├─ routes: Route, each with ForwardOptions of its own
                └─ cache: CacheOptions        what is kept of the routes' answers, or nothing

A question chooses the listener by the address that it came to, and then the block with the longest suffix
(`block_of`). A worker gets its block alone. Today one listener with one block is served: `only_listener`,
`only_block` and `only_cluster` refuse everything else, and nothing silently takes the first of several.

`config.launch_builder` makes it from the flat settings of flags, variables and files, which are the short
form of one listener with one block. The supervisor and its children import no pydantic: they get it as JSON.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import fields, replace

from svcdns import addresses
from svcdns.cluster.options import ClusterZone
from svcdns.dns.answer.block_rules import HostsOptions, Rules
from svcdns.dns.clients.rate_limit_options import RateLimitOptions
from svcdns.dns.table import table_meta
from svcdns.errors import ConfigError
from svcdns.forward import routing
from svcdns.forward.options import CacheOptions, Route, reverse_routes
from svcdns.serve.runtime import host_defaults
from svcdns.setting_types import (
    ADDRESSES,
    CONTEXT,
    ENDPOINTS,
    FIXED,
    PATH,
    PATHS,
    PORT_RANGE,
    RANGES,
    ZONE_FILES,
    Conflict,
)

Origin: TypeAlias = Literal["manifests", "kubeconfig", "service account"]

T = TypeVar("T", bound=Struct)


class Listen(Struct, frozen=True):
    """An address to answer on: UDP and TCP, or with `tls` DNS over TLS."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        text = addresses.host_port(self.host, self.port)
        return f"{text} (TLS)" if self.tls else f"{text} (UDP and TCP)"


class SourceOptions(Struct, frozen=True, kw_only=True):
    """Where the Kubernetes objects come from."""

    manifests: Annotated[tuple[str, ...], PATHS] = ()
    """Files or folders of manifests to serve, instead of a cluster's API server."""

    kubeconfig: Annotated[str | None, PATH] = None
    """Kubeconfig of the cluster whose API server is asked. Without it, and without manifests, the service
    account of the Pod."""

    context: Annotated[str | None, CONTEXT] = None
    """Context of the kubeconfig, instead of its current one."""

    service_cidr: Annotated[tuple[str, ...], RANGES] = ("10.96.0.0/12", "fd00:10:96::/108")
    """Range of the cluster IPs of manifests' Services. The first one's IP family is the default."""

    node_port_range: Annotated[tuple[int, int], PORT_RANGE] = (30000, 32767)
    """Range that Services of manifests get their node ports from."""

    @property
    def origin(self) -> Origin:
        """Which of the sources is used."""
        if self.manifests:
            return "manifests"
        return "kubeconfig" if self.kubeconfig else "service account"

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        if self.manifests and self.kubeconfig:
            yield Conflict("objects come from one source: set one of them", ("manifests", "kubeconfig"))
        if self.context and not self.kubeconfig:
            yield Conflict("a context is one of a kubeconfig: set kubeconfig too", ("context",))


class Block(Struct, frozen=True, kw_only=True):
    """What is answered at and below `suffix` (folded wire form), at one listener."""

    suffix: bytes = b"\0"

    rules: Rules = Rules()

    hosts: HostsOptions = HostsOptions()

    zonefiles: Annotated[tuple[str, ...], ZONE_FILES] = ()
    """Zone file, or folder of *.zone files, to serve as authoritative. Read again when it changes.

    With ZONE=PATH, relative names in the file are below ZONE; until there is such a file, ZONE is SERVFAIL.
    """

    cluster: ClusterZone | None = None
    routes: tuple[Route, ...] = ()
    cache: CacheOptions | None = None


class Certificate(Struct, frozen=True, kw_only=True):
    """The files of a server's certificate."""

    cert: Annotated[str | None, PATH] = None
    """Certificate chain (PEM) for tls:// addresses; read again when the file changes."""

    key: Annotated[str | None, PATH] = None
    """Private key of the certificate (PEM)."""

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        if bool(self.cert) != bool(self.key):
            yield Conflict("a certificate needs its key: set both", ("cert", "key"))


class Listener(Struct, frozen=True, kw_only=True):
    """A set of addresses, and what is answered there."""

    listen: Annotated[tuple[Listen, ...], ENDPOINTS, FIXED] = (Listen("127.0.0.1", 1053),)
    """Address to answer on, UDP and TCP, or tls://HOST[:853]. In a cluster: 0.0.0.0:53 and [::]:53."""

    certificate: Certificate = Certificate()
    blocks: tuple[Block, ...] = ()

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        if any(at.tls for at in self.listen) and not self.certificate.cert:
            yield Conflict("tls:// needs a certificate: set tls_cert and tls_key", ("listen",))


class Process(Struct, frozen=True, kw_only=True):
    """How the server's processes run."""

    http: Annotated[tuple[Listen, ...], ADDRESSES, FIXED] = ()
    """Address for probes and metrics (HTTP): /health, /ready, /metrics and /debug/top. In a cluster:
    0.0.0.0:9153."""

    ready_when_stale: bool = True
    """Ready with the answers of a stored table, before the source has been listed."""

    lameduck: Annotated[int, Meta(ge=0, le=300)] = 30
    """Seconds that it answers on after SIGTERM at most; it ends when no question came for 3 seconds, or at a
    second SIGTERM."""

    workers: Annotated[int, Meta(ge=1, le=256), FIXED] = msgspec.field(
        default_factory=host_defaults.default_workers
    )
    """Processes that answer. Default: the CPUs that the container may use, at most 4."""

    state_dir: Annotated[str | None, PATH, FIXED] = None
    """Folder for the table of answers, so that they outlive a restart. Default: svcdns in $XDG_STATE_HOME,
    with a folder for each first address of listen."""


class Logs(Struct, frozen=True, kw_only=True):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity to log."""

    format: Literal["text", "json"] = "text"
    """Lines for people, or one JSON object each."""


class QueryLog(Struct, frozen=True, kw_only=True):
    """Which queries are logged."""

    mode: Literal["off", "errors", "sampled"] = "off"
    """Queries to log: none, those answered by neither NOERROR nor NXDOMAIN, or one in query_log_sample."""

    sample: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    """With a query log of `sampled`: one query in so many is logged. 1: all."""


class CookieOptions(Struct, frozen=True, kw_only=True):
    """The secrets of DNS cookies (RFC 7873)."""

    secret_file: Annotated[str | None, PATH] = None
    """File with the secrets of DNS cookies, one a line as 32 hexadecimal digits: the first makes cookies, all
    check them. Servers behind one address need the same. Read again when it changes. Default: made anew
    at each start, and each day."""


class RuntimeConfig(Struct, frozen=True, kw_only=True):
    """Everything that `svcdns serve` was asked to do."""

    source: SourceOptions
    listeners: tuple[Listener, ...]
    process: Process
    logs: Logs
    query_log: QueryLog
    cookies: CookieOptions = CookieOptions()
    rate_limit: RateLimitOptions = RateLimitOptions()

    @property
    def only_listener(self) -> Listener:
        """The listener; raises ConfigError if there are several, or none."""
        if len(self.listeners) != 1:
            raise ConfigError(f"{len(self.listeners)} listeners: only one is served, with all addresses")
        return self.listeners[0]

    @property
    def only_block(self) -> Block:
        """The block; raises ConfigError unless there is exactly one, for all names."""
        blocks = self.only_listener.blocks
        if len(blocks) != 1 or blocks[0].suffix != b"\0":
            raise ConfigError(f"{len(blocks)} blocks: only one is served, for all names")
        return blocks[0]

    @property
    def only_cluster(self) -> ClusterZone:
        """The cluster zone; raises ConfigError if the block has none."""
        cluster = self.only_block.cluster
        if cluster is None:
            raise ConfigError("a block without the names of the cluster: it is not served alone")
        return cluster

    @property
    def table_identity(self) -> str:
        """What a table is made from. A stored table with another identity is not used.

        Zone files and hosts are not part of it: their names are written again at each start.
        """
        return msgspec.json.encode((table_meta.FORMAT_VERSION, self.only_cluster, self.source)).decode()

    @property
    def for_watcher(self) -> object:
        """What the watcher's work depends on: equal values mean the same work."""
        block = self.only_block
        return (self.table_identity, block.hosts, block.zonefiles, reverse_routes(block.routes), self.logs)

    @property
    def for_workers(self) -> object:
        """What the workers' work depends on, beside their table: another table also replaces them."""
        # Workers find these in the table.
        block = replace(self.only_block, hosts=HostsOptions(), zonefiles=(), cluster=None)
        clients = (self.only_listener.certificate, self.cookies, self.rate_limit)
        return (block, clients, self.query_log, self.logs)

    @property
    def for_query_log(self) -> object:
        """What the writer of the query log depends on."""
        return (self.query_log, self.logs)

    def with_fixed(self, running: "RuntimeConfig") -> "tuple[RuntimeConfig, tuple[str, ...]]":
        """These settings with the FIXED ones as they are in `running`, and the names of those that differ."""
        listener, listener_fields = _with_fixed(self.only_listener, running.only_listener)
        process, process_fields = _with_fixed(self.process, running.process)
        config = replace(self, listeners=(listener,), process=process)
        return config, (*listener_fields, *process_fields)


def _with_fixed(new: T, running: T) -> tuple[T, tuple[str, ...]]:
    """One class with its FIXED fields as they are in `running`, and the names of those that differ."""
    fixed = [field.name for field in fields(new) if FIXED in get_args(field.type)]

    differing = [name for name in fixed if getattr(new, name) != getattr(running, name)]
    values: dict[str, Any] = {name: getattr(running, name) for name in differing}
    return replace(new, **values), tuple(differing)


def block_of(listener: Listener, name: bytes) -> Block | None:
    """The block that answers a folded wire name: longest suffix by labels, or None."""
    return routing.longest_suffix_match({block.suffix: block for block in listener.blocks}, name)


def table_folder(config: RuntimeConfig) -> Path:
    """The folder of the table, which no other server uses.

    The default's has the first address in its name, so that servers on one machine do not meet there. Raises
    ConfigError if there is no default.
    """
    if config.process.state_dir is not None:
        return Path(config.process.state_dir) / "table"

    first = config.only_listener.listen[0]
    return host_defaults.default_state_dir() / f"{first.host}_{first.port}"
