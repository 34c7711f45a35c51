"""What each mark of `setting_types` means: how a text is read, and what the classes of settings hold of it.

    text --annotation--> value, as commands use and show it --plain--> what a class holds
                           ^------------------------ value ------------------------┘

Classes hold plain values, which every process can be told: names in wire form, absolute paths.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

from svcdns import setting_types as marks
from svcdns.config import fields, selectors
from svcdns.config.hostslines import HostsLine
from svcdns.config.rewrites import Rewrite
from svcdns.config.values import Address, Endpoint, ObjectName, PortRange
from svcdns.dns import names
from svcdns.dns.rules import Rule
from svcdns.serve.runtime_config import Listen
from svcdns.setting_types import Text


class Meaning(NamedTuple):
    """How a kind of text becomes a value, and the way to a class and back, for defaults."""

    annotation: Any
    plain: Callable[[Any], Any] = lambda value: value
    value: Callable[[Any], Any] = lambda plain: plain


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _endpoint(endpoint: Endpoint) -> Listen:
    return Listen(endpoint.address.host, endpoint.address.port, endpoint.tls)


def _rule(rule: Rewrite) -> Rule:
    return Rule(rule.kind, rule.source, rule.target)


def _entry(entry: Path | HostsLine) -> str:
    return str(entry.absolute() if isinstance(entry, Path) else entry)


def _each(convert: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda values: tuple(map(convert, values))


MEANINGS: Mapping[Text, Meaning] = {
    marks.ADDRESSES: Meaning(
        fields.Addresses,
        _each(lambda at: Listen(at.host, at.port)),
        _each(lambda at: Address(at.host, at.port)),
    ),
    marks.CLUSTER_DOMAINS: Meaning(fields.Zones),
    marks.CONTEXT: Meaning(fields.OptionalText),
    marks.DOMAINS: Meaning(fields.Domains, _each(names.from_text)),
    marks.ENDPOINTS: Meaning(
        fields.Endpoints, _each(_endpoint), _each(lambda at: Endpoint(Address(at.host, at.port), at.tls))
    ),
    marks.FOLDER: Meaning(fields.Folder, _absolute, _path),
    marks.FORWARDS: Meaning(fields.Forwards),
    marks.HOSTS: Meaning(fields.Hosts, _each(_entry)),
    marks.NAMES: Meaning(fields.Labels),
    marks.NETWORKS: Meaning(fields.Networks, _each(str), _each(ip_network)),
    marks.OBJECT: Meaning(
        fields.Object, lambda name: (name.namespace, name.name), lambda plain: ObjectName(*plain)
    ),
    marks.PATH: Meaning(fields.OptionalPath, _absolute, _path),
    marks.PATHS: Meaning(fields.Paths, _each(_absolute), _each(_path)),
    marks.PORT_RANGE: Meaning(
        fields.Ports, lambda ports: (ports.first, ports.last), lambda plain: PortRange(*plain)
    ),
    marks.RANGES: Meaning(fields.Ranges, _each(str), _each(ip_network)),
    marks.RESOLVER_OPTIONS: Meaning(fields.ResolverOptions),
    marks.REWRITE_RULES: Meaning(fields.Rewrites, _each(_rule)),
    marks.SELECTOR: Meaning(fields.Labelled, str, selectors.parse),
    marks.WEBHOOK_ADDRESSES: Meaning(fields.WebhookAddresses),
}
