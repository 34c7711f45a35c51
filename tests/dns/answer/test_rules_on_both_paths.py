"""Rewritten names and filtered addresses, on both paths."""

from svcdns.dns.answer.block_rules import Rule, Rules
from svcdns.dns.wire import messages, names
from tests.dns import asked
from tests.dns.outside import NOERROR, NXDOMAIN, REFUSED, forwarded, make, said
from tests.dns.tables import FakeUpstreams

REWRITES = Rules(
    rewrite=(
        Rule("exact", "shop.example.com", "web.default.svc.cluster.local"),
        Rule("suffix", "cluster.corp", "svc.cluster.local"),
        Rule("regex", r"(\w+)-db\.example\.com", "{1}.default.svc.cluster.local"),
    )
)


def test_a_rewritten_name_is_answered_under_its_own() -> None:
    at = make(rules=REWRITES, upstreams=FakeUpstreams())
    assert said(at, "shop.example.com.") == (NOERROR, ["shop.example.com. 30 10.96.0.1"], True)
    assert said(at, "WEB.default.cluster.corp.")[1] == ["WEB.default.cluster.corp. 30 10.96.0.1"]
    message = asked.ask(at, "_http._tcp.web.default.cluster.corp.", "SRV")
    assert str(message.answer[0][0]) == "0 100 80 web.default.cluster.corp."
    assert str(message.additional[0].name) == "web.default.cluster.corp."
    assert said(at, "db-db.example.com.")[0] == NOERROR
    assert forwarded(at, "other.example.com.").name == names.from_text("other.example.com.")


def test_rules_for_names_of_the_cluster_are_seen_on_the_hot_path() -> None:
    rules = Rules(
        rewrite=(Rule("exact", "web.default.svc.cluster.local", "db.default.svc.cluster.local"),),
        filter_aaaa=(names.from_text("ns.dns.cluster.local."), names.from_text("example.com.")),
    )
    at = make(rules=rules, upstreams=FakeUpstreams())
    assert {line.split()[0] for line in said(at, "web.default.svc")[1]} == {"web.default.svc.cluster.local."}
    assert len(said(at, "web.default.svc")[1]) == 2
    assert said(at, "ns.dns", "AAAA") == (NOERROR, [], True)
    assert asked.ask(at, "ns.dns", "AAAA").authority
    assert said(at, "nope.ns.dns", "AAAA")[0] == NXDOMAIN, "one verdict for all types"
    assert said(at, "www.example.com.", "AAAA")[:2] == (NOERROR, [])
    assert forwarded(at, "www.example.com.", "A").name == names.from_text("www.example.com.")


def test_a_filter_sees_each_name_of_a_chain() -> None:
    at = make(upstreams=FakeUpstreams(), rules=Rules(filter_aaaa=(names.from_text("example.com."),)))
    message = asked.ask(at, "ext.default.svc", "AAAA")
    assert (message.rcode(), len(message.answer)) == (NOERROR, 1)
    assert asked.ask(at, "www.example.com.", "AAAA", flags=0).rcode() == REFUSED
    assert not asked.ask(at, "www.example.com.", "AAAA").flags & messages.AA
