"""The settings as the processes get them."""

import msgspec
import pytest

from svcdns.config import loader
from svcdns.config.settings import Settings
from svcdns.dns.answer.rewrite import RewriteRule
from svcdns.dns.wire.names import from_text
from svcdns.forward.settings import Asking, Forwarding, Keeping, Route, Upstream
from svcdns.serve.runtime import runtime_config
from svcdns.serve.runtime.runtime_config import Plan


def made(**flags: object) -> Plan:
    found = runtime_config.from_settings(loader.load_settings({"manifests": ["x"], **flags}), "manifests")
    assert msgspec.json.decode(msgspec.json.encode(found), type=Plan) == found
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


def test_names_outside_the_cluster():
    found = made(**OUTSIDE)
    assert found.forwarding == Forwarding(
        (
            Route(from_text("."), (Upstream("192.0.2.1"),), ("/etc/resolv.conf",)),
            Route(
                from_text("corp"),
                (Upstream("192.0.2.2", 853, True, "dns.example"), Upstream("2001:db8::1", 54)),
            ),
            Route(from_text("dev")),
        ),
        Asking("sequential", 1.5, 3.0, 5, True, 9.0, "/ca.pem"),
        Keeping(64 << 20, 96_000, 1, 2, 3, False, 0),
    )
    assert found.policy.rewrite == (
        RewriteRule("regex", r"(.*)\.x", "{1}.y"),
        RewriteRule("suffix", "a", "b"),
    )
    assert found.policy.filter_aaaa == (b"\0",)
    assert (found.zonefiles, found.hosts) == (("/zones",), ("/etc/hosts",))
    assert (found.hosts_lines, found.hosts_ttl) == (("192.0.2.1 web",), 60)


def test_service_cidrs_count_where_no_reverse_zones_are_given():
    assert made().answers.follows_ranges
    assert not made(reverse_zones=["0.0.0.0/0", "::/0"]).answers.follows_ranges


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_stored_table_does_not_depend_on_them(name):
    assert made(**{name: OUTSIDE[name]}).identity == made().identity


def test_the_defaults_are_those_of_a_forwarder():
    """A limit that is no setting stays as it is; `in_all` is a whole number of seconds."""
    found = made().forwarding
    assert found.asking == Asking(in_all=4.0)
    assert found.keeping == msgspec.structs.replace(Keeping(), max_entries=48_000)
    assert Settings.model_fields["cache_size"].default << 20 == Keeping().max_bytes
