"""The settings, each defined once: its type, default, bounds, and its help as the docstring.

A setting `negative_ttl` is the flag `--negative-ttl`, the variable `SVCDNS_NEGATIVE_TTL` and the key
`negative_ttl` of the file. Groups are sections of the help. A field must not be called so that a
Service's environment variable could set it: no `..._service_host`, `..._port` (a Service
`svcdns-metrics` makes `SVCDNS_METRICS_PORT`).
"""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from svcdns.config import forward_entries, host_defaults
from svcdns.config.field_types import (
    Addresses,
    DisjointNetworks,
    Folder,
    Labels,
    ListenAddresses,
    Networks,
    ObjectReference,
    OptionalPath,
    OptionalSelector,
    OptionalText,
    Paths,
    Ports,
    Zones,
)
from svcdns.config.forwarding import ForwardingSettings
from svcdns.config.label_selectors import LabelSelector
from svcdns.config.settings_section import ConflictError, Section
from svcdns.config.value_types import (
    Address,
    ListenAddress,
    ObjectName,
    PortRange,
)
from svcdns.config.webhook_settings import WebhookSettings

ENV_PREFIX = "SVCDNS_"


class SourceSettings(Section):
    """Where objects come from"""

    manifests: Paths = ()
    """Files or folders of manifests to serve, instead of a cluster's API server."""

    kubeconfig: OptionalPath = None
    """Kubeconfig of the cluster whose API server is asked. Without it, and without manifests, the service
    account of the Pod."""

    context: OptionalText = None
    """Context of the kubeconfig, instead of its current one."""

    service_cidr: DisjointNetworks = (IPv4Network("10.96.0.0/12"), IPv6Network("fd00:10:96::/108"))
    """Range of the cluster IPs of manifests' Services. The first one's IP family is the default."""

    node_port_range: Ports = PortRange(30000, 32767)
    """Range that Services of manifests get their node ports from."""


class AnswerSettings(Section):
    """What is answered"""

    zone: Zones = ("cluster.local",)
    """Cluster domain."""

    ttl: Annotated[int, Field(ge=0, le=3600)] = 30
    """Seconds that a client may keep an answer."""

    negative_ttl: Annotated[int, Field(ge=0, le=3600, default_factory=lambda data: data["ttl"])]
    """Seconds that a client may keep the answer that a name does not exist. Default: as ttl."""

    pods: Literal["disabled", "insecure", "verified"] = "verified"
    """Names of Pod addresses: none, any address, or only those of Pods that exist."""

    dns_service: ObjectReference = ObjectName("kube-system", "kube-dns")
    """Service through which the cluster reaches this server; ns.dns.ZONE has its addresses."""

    reverse_zones: Networks = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
    """Networks whose addresses are resolved to names here. Default: all, and the ServiceCIDRs apart."""

    namespaces: Labels = ()
    """Namespace to serve, instead of all."""

    namespace_labels: OptionalSelector = LabelSelector()
    """Serve only namespaces with such labels, as 'team in (a, b), !hidden'."""

    labels: OptionalSelector = LabelSelector()
    """Serve only Services with such labels."""

    endpoint_pod_names: bool = False
    """Name endpoints without a hostname by their Pods, not by their addresses."""

    ignore_empty_service: bool = False
    """A Service with a cluster IP but no ready endpoint does not exist, so that a search path goes on."""

    no_endpoints: bool = False
    """Leave endpoints out: no headless Services, less memory."""


class ProcessSettings(Section):
    """How the server runs"""

    listen: ListenAddresses = (ListenAddress(Address("127.0.0.1", 1053)),)
    """Address to answer on, UDP and TCP, or tls://HOST[:853]. In a cluster: 0.0.0.0:53 and [::]:53."""

    tls_cert: OptionalPath = None
    """Certificate chain (PEM) for tls:// addresses; read again when the file changes."""

    tls_key: OptionalPath = None
    """Private key of the certificate (PEM)."""

    http: Addresses = ()
    """Address for probes and metrics (HTTP): /health, /ready, /metrics and /debug/top. In a cluster:
    0.0.0.0:9153."""

    ready_when_stale: bool = True
    """Ready with the answers of a stored table, before the source has been listed."""

    lameduck: Annotated[int, Field(ge=0, le=300)] = 30
    """Seconds that it answers on after SIGTERM at most; it ends when no question came for 3 seconds."""

    workers: Annotated[int, Field(ge=1, le=256, default_factory=host_defaults.default_workers)]
    """Processes that answer. Default: the CPUs that the container may use, at most 4."""

    state_dir: Annotated[Folder, Field(default_factory=host_defaults.default_state_dir)]
    """Folder for the table of answers, so that they outlive a restart. Default: svcdns in $XDG_STATE_HOME."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity to log."""

    log_format: Literal["text", "json"] = "text"
    """Lines for people, or one JSON object each."""

    query_log: Literal["off", "errors", "sampled"] = "off"
    """Queries to log: none, those answered by neither NOERROR nor NXDOMAIN, or one in query_log_sample."""

    query_log_sample: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """With a query log of `sampled`: one query in so many is logged. 1: all."""


class Settings(WebhookSettings, ProcessSettings, ForwardingSettings, AnswerSettings, SourceSettings):
    """All settings. Made by `loader.load`, which turns every fault into a ConfigError."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=False)

    config: OptionalPath = None
    """File of settings, YAML or a Corefile; a flag or variable wins over its keys."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.ignore_empty_service and self.no_endpoints:
            message = "without endpoints no Service is known to be empty: set one of them"
            raise ConflictError(message, "ignore_empty_service", "no_endpoints")
        if self.manifests and self.kubeconfig:
            raise ConflictError("objects come from one source: set one of them", "manifests", "kubeconfig")
        if self.context and not self.kubeconfig:
            raise ConflictError("a context is one of a kubeconfig: set kubeconfig too", "context")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ConflictError("a certificate needs its key: set both", "tls_cert", "tls_key")
        if any(endpoint.tls for endpoint in self.listen) and not self.tls_cert:
            raise ConflictError("tls:// needs a certificate: set tls_cert and tls_key", "listen")
        for one in self.forward:
            if any(forward_entries.is_below(one.suffix, zone) for zone in self.zone):
                raise ConflictError(
                    f"{str(one)!r} is never asked: its names are answered here", "forward", "zone"
                )
        return self
