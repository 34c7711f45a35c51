"""Marks at fields of settings: each names a field of its class, and `config` can read each text."""

from collections.abc import Iterator
from typing import ClassVar, Protocol

import msgspec
import pytest
from msgspec import Struct

from svcdns import setting_types
from svcdns.cluster.options import ClusterZone
from svcdns.config.settings import PARTS
from svcdns.config.text_meanings import MEANINGS
from svcdns.forward.options import CacheOptions
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.pod_spec import DnsOption
from svcdns.serve.runtime.runtime_config import Certificate, Listen, Listener, SourceOptions
from svcdns.setting_types import Conflict, NotGiven, SameAs, Text
from svcdns.web.webhook.options import WebhookOptions

TEXTS = {name: value for name, value in vars(setting_types).items() if isinstance(value, Text)}


class HasConflicts(Protocol):
    """A class of settings that do not all go together."""

    __struct_fields__: ClassVar[tuple[str, ...]]

    def conflicts(self) -> Iterator[Conflict]: ...


CONFLICTING: list[HasConflicts] = [
    CacheOptions(min_ttl=3000, max_ttl=1),
    Certificate(cert="/c.pem"),
    ClusterZone(ignore_empty_service=True, no_endpoints=True),
    InjectionOptions(ndots=2, dns_config=(DnsOption("ndots", "2"),)),
    Listener(listen=(Listen("127.0.0.1", 853, tls=True),)),
    SourceOptions(manifests=("/m",), kubeconfig="/k", context="c"),
    SourceOptions(context="c"),
    WebhookOptions(tls_cert="/c.pem"),
]
"""One or more of each class that has `conflicts`."""


@pytest.mark.parametrize("name", TEXTS)
def test_config_reads_each_text(name: str) -> None:
    assert TEXTS[name] in MEANINGS


def test_each_text_is_its_own() -> None:
    """Marks are told apart by their values."""
    assert len(set(TEXTS.values())) == len(TEXTS)
    assert len({text.meaning for text in TEXTS.values()}) == len(TEXTS)
    assert all(text.shape for text in TEXTS.values()), "the help shows one value"


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_a_mark_names_another_field_of_its_class(kind: type[Struct]) -> None:
    fields = {info.name: info for info in msgspec.structs.fields(kind)}
    for name, info in fields.items():
        for mark in getattr(info.type, "__metadata__", ()):
            if isinstance(mark, SameAs | NotGiven):
                assert mark.field in fields.keys() - {name}
            if isinstance(mark, SameAs):
                assert info.default == fields[mark.field].default, f"{name} is as {mark.field} by default"


@pytest.mark.parametrize("options", CONFLICTING, ids=lambda options: type(options).__name__)
def test_a_conflict_blames_fields_of_its_class(options: HasConflicts) -> None:
    conflicts = list(options.conflicts())
    assert conflicts
    for conflict in conflicts:
        assert set(conflict.fields) <= set(options.__struct_fields__)


def test_each_class_with_conflicts_has_an_example() -> None:
    assert {kind for kind in PARTS if hasattr(kind, "conflicts")} == {
        type(options) for options in CONFLICTING
    }
