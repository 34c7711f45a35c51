"""How pydantic reads each type of setting from text, whether it stands in a flag, a variable or a file.

A list is a repeated flag, a list in the file, or one text with commas, as in a variable. Rewrite rules have
semicolons between them, since patterns may have commas.
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from itertools import combinations
from pathlib import Path
from types import NoneType
from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from svcdns import value_types
from svcdns.addresses import Network
from svcdns.config import (
    forward_entries,
    hosts_lines,
    rewrite_rules,
    webhook_settings,
)
from svcdns.config.forward_entries import ForwardEntry
from svcdns.config.hosts_lines import HostsLine
from svcdns.config.rewrite_rules import RewriteRule
from svcdns.kube import label_selectors
from svcdns.kube.injection.pod_spec import DnsOption
from svcdns.kube.label_selectors import LabelSelector
from svcdns.value_types import (
    Address,
    ListenAddress,
    ObjectName,
    PortRange,
)

T = TypeVar("T")


def from_text(kind: type | tuple[type, ...], parse: Callable[[str], object]) -> PlainValidator:
    """A validator that reads text with `parse`, and takes values of the type itself as they are."""

    def read(value: object) -> object:
        if isinstance(value, str):
            return parse(value)
        if isinstance(value, kind):
            return value

        raise ValueError(f"{_kind_of(value)} stands where one value was expected")

    return PlainValidator(read)


def _kind_of(value: object) -> str:
    return {list: "a list", dict: "a mapping", type(None): "nothing"}.get(type(value), "something else")


def _split_at(separator: str) -> BeforeValidator:
    """A validator that splits one text into several values."""

    def split(value: object) -> object:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(separator) if part.strip()]

    return BeforeValidator(split)


def _distinct(items: tuple[T, ...]) -> tuple[T, ...]:
    for index, item in enumerate(items):
        if item in items[:index]:
            raise ValueError(f"{str(item)!r} is given twice")
    return items


def _apart(networks: tuple[Network, ...]) -> tuple[Network, ...]:
    if not networks:
        raise ValueError("at least one range is needed, as 10.96.0.0/12")

    for network, overlapping in combinations(networks, 2):
        if network.version == overlapping.version and network.overlaps(overlapping):
            raise ValueError(f"{network} and {overlapping} overlap")

    return networks


def _consistent(entries: tuple[ForwardEntry, ...]) -> tuple[ForwardEntry, ...]:
    forward_entries.check_entries(entries)
    return entries


def _bearable(rules: tuple[RewriteRule, ...]) -> tuple[RewriteRule, ...]:
    rewrite_rules.check_rules(rules)
    return rules


def _text(text: str) -> str:
    if not text:
        raise ValueError("the text is empty")
    return text


SPLIT_AT_COMMAS = _split_at(",")
"""Lets a list be written as one text with commas."""

_DISTINCT = AfterValidator(_distinct)

_NO_MAPPING = BeforeValidator(forward_entries.refuse_mapping)
_Forward = Annotated[ForwardEntry, from_text(ForwardEntry, forward_entries.parse_entry), _NO_MAPPING]
_Domain = Annotated[str, from_text((), value_types.parse_domain)]
_Rewrite = Annotated[RewriteRule, from_text(RewriteRule, rewrite_rules.parse_rule)]
_Hosts = Annotated[
    value_types.ZonePath | HostsLine,
    from_text((value_types.ZonePath, HostsLine), hosts_lines.parse_file_or_line),
]
_Address = Annotated[Address, from_text(Address, value_types.parse_address)]
_Endpoint = Annotated[ListenAddress, from_text(ListenAddress, value_types.parse_listen_address)]
_ResolverOption = Annotated[DnsOption, from_text(DnsOption, webhook_settings.parse_resolver_option)]
_Path = Annotated[Path, from_text(Path, value_types.parse_path)]
_ZoneFile = Annotated[value_types.ZonePath, from_text(value_types.ZonePath, value_types.parse_zone_path)]
_Zone = Annotated[str, from_text((), value_types.parse_zone)]
_Label = Annotated[str, from_text((), value_types.parse_label)]
_Network = Annotated[Network, from_text((IPv4Network, IPv6Network), value_types.parse_network)]

Forwards: TypeAlias = Annotated[
    tuple[_Forward, ...], SPLIT_AT_COMMAS, _NO_MAPPING, _DISTINCT, AfterValidator(_consistent)
]
Hosts: TypeAlias = Annotated[tuple[_Hosts, ...], SPLIT_AT_COMMAS, _DISTINCT]
Domains: TypeAlias = Annotated[tuple[_Domain, ...], SPLIT_AT_COMMAS, _DISTINCT]
Rewrites: TypeAlias = Annotated[tuple[_Rewrite, ...], _split_at(";"), _DISTINCT, AfterValidator(_bearable)]
Addresses: TypeAlias = Annotated[tuple[_Address, ...], SPLIT_AT_COMMAS, _DISTINCT]
ListenAddresses: TypeAlias = Annotated[tuple[_Endpoint, ...], SPLIT_AT_COMMAS, _DISTINCT]
Paths: TypeAlias = Annotated[tuple[_Path, ...], SPLIT_AT_COMMAS, _DISTINCT]
ZoneFiles: TypeAlias = Annotated[tuple[_ZoneFile, ...], SPLIT_AT_COMMAS, _DISTINCT]
Zones: TypeAlias = Annotated[tuple[_Zone, ...], SPLIT_AT_COMMAS, _DISTINCT]
Labels: TypeAlias = Annotated[tuple[_Label, ...], SPLIT_AT_COMMAS, _DISTINCT]
Networks: TypeAlias = Annotated[tuple[_Network, ...], SPLIT_AT_COMMAS, _DISTINCT]
DisjointNetworks: TypeAlias = Annotated[tuple[_Network, ...], SPLIT_AT_COMMAS, AfterValidator(_apart)]

OptionalPath: TypeAlias = Annotated[Path | None, from_text((Path, NoneType), value_types.parse_path)]
OptionalText: TypeAlias = Annotated[str | None, from_text(NoneType, _text)]
Ports: TypeAlias = Annotated[PortRange, from_text(PortRange, value_types.parse_port_range)]
ObjectReference: TypeAlias = Annotated[ObjectName, from_text(ObjectName, value_types.parse_object_name)]
OptionalSelector: TypeAlias = Annotated[
    LabelSelector, from_text(LabelSelector, label_selectors.parse_selector)
]

ResolverOptions: TypeAlias = Annotated[
    tuple[_ResolverOption, ...], SPLIT_AT_COMMAS, AfterValidator(webhook_settings.check_distinct)
]
WebhookAddresses: TypeAlias = Annotated[tuple[_Address, ...], SPLIT_AT_COMMAS]
