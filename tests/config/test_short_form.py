"""Upstreams in the flat settings become routes."""

from pathlib import Path

from svcdns.config import forward_entries, short_form
from svcdns.config.short_form import Forwards
from svcdns.dns.wire import names
from svcdns.forward.options import ForwardOptions, Upstream


def test_one_route_for_each_suffix() -> None:
    texts = ["192.0.2.1", "192.0.2.2", "corp=none", "lab=/etc/resolv.conf"]
    forwards = Forwards(forward=tuple(map(forward_entries.parse_entry, texts)))
    routes = {route.suffix: route for route in forwards.routes(ForwardOptions())}
    assert set(routes) == {names.ROOT, names.from_text("corp"), names.from_text("lab")}
    assert routes[names.ROOT].upstreams == (Upstream("192.0.2.1", 53), Upstream("192.0.2.2", 53))
    assert routes[names.from_text("lab")].resolv_conf == (str(Path("/etc/resolv.conf")),)


def test_entries_within_a_zone_of_the_cluster() -> None:
    entries = [
        forward_entries.parse_entry(text) for text in ("x.cluster.local=192.0.2.1", "xcluster.local=none")
    ]
    assert list(short_form.never_asked(entries, ["cluster.local"])) == entries[:1]
