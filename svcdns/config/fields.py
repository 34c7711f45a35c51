"""How pydantic reads the types of settings: from text, whether flag, variable or key of the file.

A list is several flags, a list in the file, or one text with commas (in the environment; rules of
rewriting have semicolons, since patterns may have commas).
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from itertools import combinations
from pathlib import Path
from types import NoneType
from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from svcdns.config import forwards, hostslines, rewrites, selectors, values, webhook
from svcdns.config.forwards import Forward
from svcdns.config.hostslines import HostsLine
from svcdns.config.rewrites import Rewrite
from svcdns.config.selectors import Selector
from svcdns.config.values import Address, Endpoint, Network, ObjectName, PortRange
from svcdns.kube.pod_template import DnsOption

T = TypeVar("T")


def from_text(kind: type | tuple[type, ...], parse: Callable[[str], object]) -> PlainValidator:
    """Read text by `parse`; a value of the type itself stays as it is."""

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
    """Several values of one text."""

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
    for one, other in combinations(networks, 2):
        if one.version == other.version and one.overlaps(other):
            raise ValueError(f"{one} and {other} overlap")
    return networks


def _consistent(given: tuple[Forward, ...]) -> tuple[Forward, ...]:
    forwards.check_all(given)
    return given


def _bearable(rules: tuple[Rewrite, ...]) -> tuple[Rewrite, ...]:
    rewrites.check_all(rules)
    return rules


def _text(text: str) -> str:
    if not text:
        raise ValueError("the text is empty")
    return text


SPLIT = _split_at(",")
"""For a list: one text of several values with commas."""

_DISTINCT = AfterValidator(_distinct)

_NO_MAPPING = BeforeValidator(forwards.no_mapping)
_Forward = Annotated[Forward, from_text(Forward, forwards.forward), _NO_MAPPING]
_Domain = Annotated[str, from_text((), forwards.domain)]
_Rewrite = Annotated[Rewrite, from_text(Rewrite, rewrites.rewrite)]
_Hosts = Annotated[Path | HostsLine, from_text((Path, HostsLine), hostslines.file_or_line)]
_Address = Annotated[Address, from_text(Address, values.address)]
_Endpoint = Annotated[Endpoint, from_text(Endpoint, values.endpoint)]
_ResolverOption = Annotated[DnsOption, from_text(DnsOption, webhook.resolver_option)]
_Path = Annotated[Path, from_text(Path, values.path)]
_Zone = Annotated[str, from_text((), values.zone)]
_Label = Annotated[str, from_text((), values.label)]
_Network = Annotated[Network, from_text((IPv4Network, IPv6Network), values.network)]

Forwards: TypeAlias = Annotated[
    tuple[_Forward, ...], SPLIT, _NO_MAPPING, _DISTINCT, AfterValidator(_consistent)
]
Hosts: TypeAlias = Annotated[tuple[_Hosts, ...], SPLIT, _DISTINCT]
Domains: TypeAlias = Annotated[tuple[_Domain, ...], SPLIT, _DISTINCT]
Rewrites: TypeAlias = Annotated[tuple[_Rewrite, ...], _split_at(";"), _DISTINCT, AfterValidator(_bearable)]
Addresses: TypeAlias = Annotated[tuple[_Address, ...], SPLIT, _DISTINCT]
Endpoints: TypeAlias = Annotated[tuple[_Endpoint, ...], SPLIT, _DISTINCT]
Paths: TypeAlias = Annotated[tuple[_Path, ...], SPLIT, _DISTINCT]
Zones: TypeAlias = Annotated[tuple[_Zone, ...], SPLIT, _DISTINCT]
Labels: TypeAlias = Annotated[tuple[_Label, ...], SPLIT, _DISTINCT]
Networks: TypeAlias = Annotated[tuple[_Network, ...], SPLIT, _DISTINCT]
Ranges: TypeAlias = Annotated[tuple[_Network, ...], SPLIT, AfterValidator(_apart)]

Folder: TypeAlias = Annotated[Path, from_text(Path, values.path)]
OptionalPath: TypeAlias = Annotated[Path | None, from_text((Path, NoneType), values.path)]
OptionalText: TypeAlias = Annotated[str | None, from_text(NoneType, _text)]
Ports: TypeAlias = Annotated[PortRange, from_text(PortRange, values.port_range)]
Object: TypeAlias = Annotated[ObjectName, from_text(ObjectName, values.object_name)]
Labelled: TypeAlias = Annotated[Selector, from_text(Selector, selectors.parse)]

ResolverOptions: TypeAlias = Annotated[
    tuple[_ResolverOption, ...], SPLIT, AfterValidator(webhook.check_distinct)
]
WebhookAddresses: TypeAlias = Annotated[tuple[_Address, ...], SPLIT]
