"""The oracle against the recording, against the tables of `scenarios`, and against itself."""

import dns.message
import dns.name
import dns.rdatatype
import pytest
from dns.name import Name
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from tests import scenarios
from tests.clusters import events, objects, questions, settings
from tests.clusters.large import make_cluster
from tests.compare import differences, expected_of, message_of
from tests.conformance import recording
from tests.oracle import Expected, Options, Oracle, Reply
from tests.oracle.selectors import matches
from tests.scenarios import Row, parse_rows, said
from tests.summary import Summary
from tests.upstream import recorded_upstream

ZONE = dns.name.from_text("cluster.local")
CLUSTER = scenarios.cluster()

OPTIONS = [
    (Options(pods="disabled"), "10-244-0-1.default.pod A NXDOMAIN\ndefault.pod A NXDOMAIN\npod A NODATA"),
    (
        Options(pods="insecure"),
        "1-2-3-4.default.pod A 1.2.3.4\nfd00-0--1.empty.pod AAAA fd00::1\n1-2-3-4.nope.pod A NXDOMAIN\n"
        "1-2-3-400.default.pod A NXDOMAIN\n--1.default.pod A NODATA\n01-2-3-4.default.pod A NXDOMAIN",
    ),
    (
        Options(endpoint_pod_names=True),
        "web-a.web.default.svc A 10.244.0.1\n10-244-0-1.web.default.svc A NXDOMAIN\n"
        "10-244-0-3.db.default.svc A 10.244.0.3\ndb-0.db.default.svc A 10.244.0.1",
    ),
    (
        Options(ignore_empty_service=True),
        "plain.default.svc A NXDOMAIN\nweb.default.svc A 10.96.0.10\n"
        "20.0.96.10.in-addr.arpa. PTR plain.default.svc",
    ),
    (
        Options(no_endpoints=True),
        "db.default.svc A NXDOMAIN\n10-244-0-1.web.default.svc A NXDOMAIN\nweb.default.svc A 10.96.0.10\n"
        "1.0.244.10.in-addr.arpa. PTR NXDOMAIN",
    ),
    (
        Options(namespaces=("svc",)),
        "web.default.svc A NXDOMAIN\ndefault.svc A NXDOMAIN\n10.0.96.10.in-addr.arpa. PTR NXDOMAIN\n"
        "svc.svc A NODATA\n10-244-0-1.default.pod A NXDOMAIN",
    ),
    (
        Options(namespace_labels="env in (prod, test)"),
        "web.default.svc A 10.96.0.10\nempty.svc A NXDOMAIN\nsvc.svc A NXDOMAIN",
    ),
    (
        Options(labels="app=web"),
        "web.default.svc A 10.96.0.10\nplain.default.svc A NXDOMAIN\nempty.svc A NODATA\nsvc.svc A NODATA\n"
        "1.0.244.10.in-addr.arpa. PTR 10-244-0-1.web.default.svc",
    ),
    (
        Options(zones=("k8s.", "cluster.local.")),
        "web.default.svc SRV 0 50 53 web.default.svc | 0 50 9 web.default.svc"
        " + 10.96.0.10 | fd00:10:96::a\nweb.default.svc.k8s. A 10.96.0.10\n"
        "10.0.96.10.in-addr.arpa. PTR web.default.svc.k8s.",
    ),
    (
        Options(reverse=("10.96.0.0/12",)),
        "10.0.96.10.in-addr.arpa. PTR web.default.svc\n1.0.244.10.in-addr.arpa. PTR REFUSED\n"
        "1.0.111.10.in-addr.arpa. PTR NXDOMAIN\n1.0.112.10.in-addr.arpa. PTR REFUSED",
    ),
    (Options(dns_service=("default", "db")), "ns.dns A 10.244.0.1 | 10.244.0.3"),
    (Options(dns_service=("default", "gone")), "ns.dns A NODATA\ncluster.local. NS ns.dns"),
]


def ask(oracle: Oracle, name: str, rdtype: str) -> Expected:
    return oracle.answer(dns.name.from_text(name, ZONE), dns.rdatatype.from_text(rdtype))


@pytest.mark.parametrize("row", scenarios.rows("services", "other_names"), ids=str)
def test_names_of_a_cluster(row: Row) -> None:
    assert said(Oracle(CLUSTER).answer(row.name, row.type)) == row.wanted


@pytest.mark.parametrize("row", scenarios.rows("external_names"), ids=str)
def test_names_elsewhere(row: Row) -> None:
    assert said(Oracle(CLUSTER, upstream=recorded_upstream).answer(row.name, row.type)) == row.wanted


@pytest.mark.parametrize(("options", "table"), OPTIONS)
def test_options(options: Options, table: str) -> None:
    oracle = Oracle(CLUSTER, options)
    for row in parse_rows(table):
        assert said(oracle.answer(row.name, row.type)) == row.wanted


def test_both_ways_to_have_no_endpoint_are_refused() -> None:
    with pytest.raises(ValueError, match="one of the two"):
        Options(ignore_empty_service=True, no_endpoints=True)


def test_ttls() -> None:
    oracle = Oracle(CLUSTER, Options(ttl=5, negative_ttl=7))
    wanted = {
        ("web.default.svc", "A"): "web.default.svc.cluster.local. 5 a 10.96.0.10",
        ("dns-version", "TXT"): 'dns-version.cluster.local. 28800 txt "1.1.0"',
        (
            "cluster.local.",
            "SOA",
        ): "cluster.local. 7 soa ns.dns.cluster.local. hostmaster.cluster.local. 0 7200 1800 86400 7",
    }
    for (name, rdtype), line in wanted.items():
        assert list(map(str, ask(oracle, name, rdtype).answer)) == [line]
    missing = ask(oracle, "nope", "A").authority or ()
    assert list(map(str, missing)) == [wanted["cluster.local.", "SOA"]]


def test_the_soa_of_a_reverse_zone() -> None:
    for networks, owner in ((("0.0.0.0/0",), "in-addr.arpa."), (("10.96.0.0/12",), "96.10.in-addr.arpa.")):
        soa = (
            ask(Oracle(CLUSTER, Options(reverse=networks)), "9.9.96.10.in-addr.arpa.", "PTR").authority or ()
        )
        assert [str(record.name) for record in soa] == [owner]


def test_an_external_name_without_an_upstream_and_with_a_failing_one() -> None:
    alone = ask(Oracle(CLUSTER), "out.svc.svc", "A")
    assert said(alone) == "www.example.com."
    failing = Oracle(CLUSTER, upstream=lambda name, rdtype: Reply(dns.rcode.SERVFAIL))
    assert said(ask(failing, "out.svc.svc", "A")) == "www.example.com. SERVFAIL"


def test_reverse_names_without_fall_through() -> None:
    oracle = Oracle(CLUSTER, Options(fall_through=False), recorded_upstream)
    soa = ask(oracle, "9.9.9.9.in-addr.arpa.", "PTR").authority or ()
    assert [str(record.name) for record in soa] == ["in-addr.arpa."]


def test_eight_links_are_followed_and_no_more() -> None:
    def link(number: int) -> objects.Object:
        spec = {"type": "ExternalName", "externalName": f"l{number + 1}.default.svc.cluster.local"}
        return {"kind": "Service", "metadata": {"name": f"l{number}", "namespace": "default"}, "spec": spec}

    oracle = Oracle([link(number) for number in range(1, 10)])
    assert ask(oracle, "l2.default.svc", "A").rcode == dns.rcode.NXDOMAIN
    assert len(ask(oracle, "l2.default.svc", "A").answer) == 8
    assert ask(oracle, "l1.default.svc", "A").rcode == dns.rcode.SERVFAIL


def test_any_is_one_record_set() -> None:
    expected = ask(Oracle(CLUSTER), "web.default.svc", "ANY")
    assert [{record.type.name for record in choice} for choice in expected.choices] == [
        {"A"},
        {"AAAA"},
        {"SRV"},
    ]


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("", True),
        ("app", True),
        ("!app", False),
        ("tier", False),
        ("app=web", True),
        ("app==web, !tier", True),
        ("app!=web", False),
        ("tier!=web", True),
        ("app in (db, web),env=prod", True),
        ("app in (db)", False),
        ("tier notin (db)", True),
        ("env notin (prod,test)", False),
    ],
)
def test_selectors(selector: str, wanted: bool) -> None:
    assert matches(selector, {"app": "web", "env": "prod"}) is wanted


def test_a_bad_selector_is_named() -> None:
    with pytest.raises(ValueError, match="no label selector: 'app in web'"):
        matches("app in web", {})


def test_every_line_of_the_recording() -> None:
    """6,000 answers; differences are printed by kind."""
    oracle = Oracle(recording.objects(), upstream=recorded_upstream)
    summary = Summary(ZONE)
    for line in recording.lines():
        name, rdtype = dns.name.from_text(line["name"]), dns.rdatatype.from_text(line["type"])
        query = dns.message.make_query(name, rdtype)
        answer = message_of(query, oracle.answer(name, rdtype)).to_wire()
        summary.add(name, rdtype, differences(query.to_wire(), answer, expected_of(line), weights=False))
    assert (summary.asked, summary.wrong) == (6000, 0), summary


@given(objects.clusters(), settings.options(), st.data())
def test_one_verdict_for_each_name(
    cluster: list[objects.Object], options: Options, data: st.DataObject
) -> None:
    """RFC 8020: NXDOMAIN for every type or for none, and then for all below; the case never matters."""
    oracle = Oracle(cluster, options)
    name = data.draw(st.sampled_from(questions.names(oracle)))
    other = data.draw(questions.spelled(name))
    rcodes = {
        oracle.answer(n, t).rcode for n in (name, other) for t in (RdataType.A, RdataType.PTR, RdataType.ANY)
    }
    cnames = oracle.answer(name, RdataType.CNAME).answer
    if not cnames:
        assert len(rcodes) == 1
    if rcodes == {dns.rcode.NXDOMAIN} and not cnames:
        child = Name((b"x", *name.labels))
        assert oracle.answer(child, RdataType.A).rcode == dns.rcode.NXDOMAIN


@given(events.histories())
def test_only_what_is_there_in_the_end_counts(history: list[events.Event]) -> None:
    cluster = events.after(history)
    assert len({objects.key_of(obj) for obj in cluster}) == len(cluster)
    assert Oracle(cluster).names == Oracle(list(reversed(cluster))).names


def test_a_big_cluster_is_the_same_each_time() -> None:
    first, second = make_cluster(7, services=40), make_cluster(7, services=40)
    assert first == second
    assert make_cluster(8, services=40) != first
    assert len(Oracle(first).names) > 300
