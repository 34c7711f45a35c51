"""What each mark of `setting_types` means: how its text is read, and what the classes of settings hold.

    text --annotation--> value, as commands use and show it --plain--> what a class holds
                           ^------------------------ value ------------------------┘

Classes hold plain values, which can be sent to every process: names in wire form, absolute paths.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

from svcdns import setting_types as marks
from svcdns import value_types
from svcdns.config import field_types
from svcdns.config.hosts_lines import HostsLine
from svcdns.config.rewrite_rules import RewriteRule
from svcdns.dns.answer.block_rules import Rule
from svcdns.dns.wire import names
from svcdns.kube import label_selectors
from svcdns.serve.runtime.runtime_config import Listen
from svcdns.setting_types import Text
from svcdns.value_types import (
    Address,
    ListenAddress,
    ObjectName,
    PortRange,
    ZonePath,
)


class Meaning(NamedTuple):
    """How a text becomes a value (`annotation`), then what a class holds (`plain`), and back (`value`)."""

    annotation: Any
    plain: Callable[[Any], Any] = lambda value: value
    value: Callable[[Any], Any] = lambda plain: plain


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _zone_path(entry: ZonePath) -> str:
    return str(ZonePath(entry.path.absolute(), entry.origin))


def _endpoint(endpoint: ListenAddress) -> Listen:
    return Listen(endpoint.address.host, endpoint.address.port, endpoint.tls)


def _rule(rule: RewriteRule) -> Rule:
    return Rule(rule.kind, rule.source, rule.target)


def _hosts_entry(entry: ZonePath | HostsLine) -> str:
    return _zone_path(entry) if isinstance(entry, ZonePath) else str(entry)


def _each(convert: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda values: tuple(map(convert, values))


MEANINGS: Mapping[Text, Meaning] = {
    marks.ADDRESSES: Meaning(
        field_types.Addresses,
        _each(lambda at: Listen(at.host, at.port)),
        _each(lambda at: Address(at.host, at.port)),
    ),
    marks.CLUSTER_DOMAINS: Meaning(field_types.Zones),
    marks.CONTEXT: Meaning(field_types.OptionalText),
    marks.DOMAINS: Meaning(field_types.Domains, _each(names.from_text)),
    marks.ENDPOINTS: Meaning(
        field_types.ListenAddresses,
        _each(_endpoint),
        _each(lambda at: ListenAddress(Address(at.host, at.port), at.tls)),
    ),
    marks.FORWARDS: Meaning(field_types.Forwards),
    marks.HOSTS: Meaning(field_types.Hosts, _each(_hosts_entry)),
    marks.NAMES: Meaning(field_types.Labels),
    marks.NETWORKS: Meaning(field_types.Networks, _each(str), _each(ip_network)),
    marks.OBJECT: Meaning(
        field_types.ObjectReference,
        lambda name: (name.namespace, name.name),
        lambda plain: ObjectName(*plain),
    ),
    marks.PATH: Meaning(field_types.OptionalPath, _absolute, _path),
    marks.PATHS: Meaning(field_types.Paths, _each(_absolute), _each(_path)),
    marks.PORT_RANGE: Meaning(
        field_types.Ports, lambda ports: (ports.first, ports.last), lambda plain: PortRange(*plain)
    ),
    marks.RANGES: Meaning(field_types.DisjointNetworks, _each(str), _each(ip_network)),
    marks.RESOLVER_OPTIONS: Meaning(field_types.ResolverOptions),
    marks.REWRITE_RULES: Meaning(field_types.Rewrites, _each(_rule)),
    marks.SELECTOR: Meaning(field_types.OptionalSelector, str, label_selectors.parse_selector),
    marks.ZONE_FILES: Meaning(field_types.ZoneFiles, _each(_zone_path), _each(value_types.parse_zone_path)),
    marks.WEBHOOK_ADDRESSES: Meaning(field_types.WebhookAddresses),
}
