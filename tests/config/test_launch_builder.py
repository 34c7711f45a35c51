"""From the flat settings to the classes that use them."""

import msgspec
import pytest

from svcdns.cluster.options import ClusterZone
from svcdns.config import launch_builder, loader, settings
from svcdns.dns.answer.block_rules import HostsOptions, Rule
from svcdns.dns.wire.names import from_text
from svcdns.forward.options import CacheOptions, ForwardOptions, Route, Upstream
from svcdns.serve.runtime.runtime_config import (
    Block,
    Certificate,
    Listen,
    Logs,
    QueryLog,
    RuntimeConfig,
)


def made(**flags: object) -> RuntimeConfig:
    found = launch_builder.runtime_config(loader.load_settings({"manifests": ["x"], **flags}))
    assert msgspec.json.decode(msgspec.json.encode(found), type=RuntimeConfig) == found
    return found


OUTSIDE = {
    "forward": [
        "192.0.2.1",
        "/etc/resolv.conf",
        "Corp.=tls://192.0.2.2#dns.example",
        "corp=[2001:db8::1]:54",
        "dev=none",
    ],
    "forward_policy": "sequential",
    "forward_timeout": "3",
    "forward_in_flight": "5",
    "forward_mixed_case": True,
    "forward_max_age": "9",
    "forward_ca": "/ca.pem",
    "cache_size": "64",
    "cache_min_ttl": "1",
    "cache_max_ttl": "2",
    "cache_max_negative_ttl": "3",
    "prefetch": False,
    "serve_stale": "0",
    "zonefiles": ["/zones"],
    "hosts": ["/etc/hosts", "192.0.2.1 web"],
    "hosts_ttl": "60",
    "rewrite": [r"regex (.*)\.x {1}.Y", "suffix A. b"],
    "filter_aaaa": ["."],
}


def test_names_outside_the_cluster() -> None:
    block = made(**OUTSIDE).only_block
    options = ForwardOptions(
        policy="sequential", timeout=3, in_flight=5, mixed_case=True, max_age=9, ca="/ca.pem"
    )
    assert options.attempt_timeout == 1.5
    assert block.routes == (
        Route(from_text("."), (Upstream("192.0.2.1"),), ("/etc/resolv.conf",), options),
        Route(
            from_text("corp"),
            (Upstream("192.0.2.2", 853, True, "dns.example"), Upstream("2001:db8::1", 54)),
            options=options,
        ),
        Route(from_text("dev"), options=options),
    )
    assert block.cache == CacheOptions(
        size=64, min_ttl=1, max_ttl=2, max_negative_ttl=3, prefetch=False, serve_stale=0
    )
    assert (block.cache.max_bytes, block.cache.max_entries) == (64 << 20, 96_000)
    assert block.rules.rewrite == (Rule("regex", r"(.*)\.x", "{1}.y"), Rule("suffix", "a", "b"))
    assert block.rules.filter_aaaa == (b"\0",)
    assert (block.zonefiles, block.hosts.files) == (("/zones",), ("/etc/hosts",))
    assert (block.hosts.lines, block.hosts.ttl) == (("192.0.2.1 web",), 60)


def test_the_process_and_the_listener() -> None:
    found = made(
        listen=["127.0.0.1:53", "tls://[::1]"],
        tls_cert="/c.pem",
        tls_key="/k.pem",
        http=["127.0.0.1:80"],
        lameduck="1",
        query_log="sampled",
        log_format="json",
    )
    listener = found.only_listener
    assert listener.listen == (Listen("127.0.0.1", 53), Listen("::1", 853, tls=True))
    assert listener.certificate == Certificate(cert="/c.pem", key="/k.pem")
    assert (found.process.http, found.process.lameduck) == ((Listen("127.0.0.1", 80),), 1)
    assert (found.query_log, found.logs) == (QueryLog(mode="sampled"), Logs(format="json"))


def test_what_is_answered_of_the_cluster() -> None:
    found = made(zone=["K8s.Example."], ttl="5", labels="app in (a)", dns_service="dns/web", pods="disabled")
    assert found.only_cluster == ClusterZone(
        zone=("k8s.example",),
        ttl=5,
        negative_ttl=5,
        labels="app in (a)",
        dns_service=("dns", "web"),
        pods="disabled",
    )


def test_service_cidrs_count_where_no_reverse_zones_are_given() -> None:
    assert made().only_cluster.follows_ranges
    assert not made(reverse_zones=["0.0.0.0/0", "::/0"]).only_cluster.follows_ranges


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_stored_table_does_not_depend_on_them(name: str) -> None:
    assert made(**{name: OUTSIDE[name]}).table_identity == made().table_identity


def test_the_defaults_are_those_of_the_classes() -> None:
    block = made(forward=["192.0.2.1"]).only_block
    assert block.routes[0].options == ForwardOptions()
    assert block == Block(cluster=ClusterZone(), cache=CacheOptions(), routes=block.routes)


def test_hosts_are_part_of_the_table_alone() -> None:
    assert settings.part(loader.load_settings({"hosts": ["192.0.2.1 a"]}), HostsOptions).lines == (
        "192.0.2.1 a",
    )
    assert made(hosts=["192.0.2.1 a"]).for_workers == made().for_workers
    assert made(hosts=["192.0.2.1 a"]).for_watcher != made().for_watcher
