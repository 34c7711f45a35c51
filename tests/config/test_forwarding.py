"""The settings of names outside the cluster, and what is said of mistakes in them."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.config import forward_entries, hosts_lines, rewrite_rules
from svcdns.config.forward_entries import ForwardEntry, Upstream
from svcdns.config.hosts_lines import HostsLine
from svcdns.config.rewrite_rules import RewriteRule
from svcdns.config.settings import part
from svcdns.dns.answer.block_rules import HostsOptions
from svcdns.value_types import Address
from tests.config.loading import error, load

FORWARDS = [
    ("192.0.2.53", ForwardEntry(".", Upstream(Address("192.0.2.53", 53)))),
    (".=192.0.2.53:5353", ForwardEntry(".", Upstream(Address("192.0.2.53", 5353)))),
    ("2001:db8::1", ForwardEntry(".", Upstream(Address("2001:db8::1", 53)))),
    ("2001:db8:0:0:0:0:0:53", ForwardEntry(".", Upstream(Address("2001:db8::53", 53)))),
    ("[2001:db8::1:53]", ForwardEntry(".", Upstream(Address("2001:db8::1:53", 53)))),
    ("[2001:DB8::1]:54", ForwardEntry(".", Upstream(Address("2001:db8::1", 54)))),
    ("Corp.Internal. = 10.0.0.53", ForwardEntry("corp.internal", Upstream(Address("10.0.0.53", 53)))),
    ("10.in-addr.arpa=10.0.0.53", ForwardEntry("10.in-addr.arpa", Upstream(Address("10.0.0.53", 53)))),
    ("tls://192.0.2.1", ForwardEntry(".", Upstream(Address("192.0.2.1", 853), tls=True))),
    (
        "tls://192.0.2.1:854#Dns.Example",
        ForwardEntry(".", Upstream(Address("192.0.2.1", 854), True, "dns.example")),
    ),
    (
        "_x.corp=tls://[2001:db8::1]#dns.example",
        ForwardEntry("_x.corp", Upstream(Address("2001:db8::1", 853), True, "dns.example")),
    ),
    ("/etc/resolv.conf", ForwardEntry(".", Path("/etc/resolv.conf"))),
    ("/etc/a=b", ForwardEntry(".", Path("/etc/a=b"))),
    ("corp=/run/resolv.conf", ForwardEntry("corp", Path("/run/resolv.conf"))),
    ("corp=none", ForwardEntry("corp", None)),
    (".=none", ForwardEntry(".", None)),
]


@pytest.mark.parametrize(("text", "wanted"), FORWARDS)
def test_upstreams(text: str, wanted: ForwardEntry) -> None:
    found = forward_entries.parse_entry(text)
    assert found == wanted
    assert forward_entries.parse_entry(str(found)) == found


def test_flag_variable_and_file_have_one_syntax(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (
        forward_entries.parse_entry("192.0.2.53"),
        forward_entries.parse_entry("corp.internal=tls://10.0.0.53#dns.corp"),
    )
    texts = list(map(str, wanted))
    assert load(forward=texts).forward == wanted
    assert load(f"forward:\n- {texts[0]}\n- {texts[1]}\n").forward == wanted
    monkeypatch.setenv("SVCDNS_FORWARD", ", ".join(texts))
    assert load().forward == wanted


def test_rules_have_semicolons_in_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [r"regex (a{1,2})\.corp {1}.example", "exact a.example b.example"]
    monkeypatch.setenv("SVCDNS_REWRITE", "; ".join(rules))
    found = load().rewrite
    assert found == (
        RewriteRule("regex", r"(a{1,2})\.corp", "{1}.example"),
        RewriteRule("exact", "a.example", "b.example"),
    )
    assert load(rewrite=rules).rewrite == found


def test_hosts_are_files_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCDNS_HOSTS", "/etc/hosts, 2001:DB8:0::1  Web.example  b,x")
    found = load()
    assert found.hosts == (Path("/etc/hosts"), HostsLine("2001:db8::1", ("web.example", "b")), Path("x"))
    options = part(found, HostsOptions)
    assert options.files == ("/etc/hosts", str(Path("x").absolute()))
    assert options.lines == ("2001:db8::1 web.example b",)


def test_defaults() -> None:
    found = load()
    assert not any((found.forward, found.rewrite, found.filter_aaaa, found.hosts, found.zonefiles))
    assert found.prefetch and not found.forward_mixed_case
    assert load("filter_aaaa: .").filter_aaaa == (".",)
    assert load("prefetch: false").prefetch is False


SHORT = {
    "PLAIN": "as 192.0.2.53, or the path of a resolv.conf as /etc/resolv.conf",
    "NO_MATCH": "matches no name: leave the last dot out",
    "NO_SERVER": "is a name, but the IP address of a DNS server is needed",
    "NO_DOMAIN": "is no domain name as corp.internal:",
    "NO_LABEL": "is no label of a-z, 0-9, - and _",
    "NO_RULE": "is no rule as `exact FROM TO`, `suffix FROM TO` or `regex PATTERN TO`, in three words",
    "NO_POLICY": "is not one of random, round_robin, sequential",
    "NO_REGEX": "is no regular expression: missing ): (",
    "THAN": "than the greatest one",
}

MISTAKES = r"""
forward: dns.example  | forward: 'dns.example' NO_SERVER, PLAIN
forward: a=ns.a:53    | forward: 'ns.a:53' NO_SERVER, PLAIN
forward: tls://dns.example   | forward: 'dns.example' NO_SERVER, as tls://192.0.2.53#dns.example
forward: tls://a.example#b   | forward: 'a.example' NO_SERVER, as tls://192.0.2.53#b
forward: https://1.1.1.1     | forward: 'https://1.1.1.1': DNS servers are asked over UDP and TCP, or TLS as tls://192.0.2.53#NAME
forward: [{a.b: 1.1.1.1}]    | forward: a mapping stands where text was expected, as a.b=1.1.1.1
forward: [{a: 1, b: [c]}]    | forward: a mapping stands where text was expected, as corp.internal=10.0.0.53
forward: 192.0.2.1:x  | forward: '192.0.2.1:x': 'x' is no port from 1 to 65535
forward: ::1:53       | forward: '::1:53' may be an address, or one with a port: write [::1:53]:53 or [::1]:53
forward: 0.0.0.0      | forward: '0.0.0.0': 0.0.0.0 is no address of a server
forward: a..b=1.1.1.1 | forward: 'a..b' NO_DOMAIN '' NO_LABEL
forward: =1.1.1.1     | forward: '' NO_DOMAIN '' NO_LABEL
forward: tls://1.1.1.1#    | forward: '' NO_DOMAIN '' NO_LABEL
forward: tls://[1.1.1.1]   | forward: '[1.1.1.1]': only an IPv6 address stands in brackets
forward: [1.1.1.1, .=1.1.1.1:53] | forward: '1.1.1.1:53' is given twice
forward: [a=1.1.1.1, A.=1.1.1.1] | forward: 'a=1.1.1.1:53' is given twice
forward: [a=none, a=1.1.1.1] | forward: 'a=1.1.1.1:53' stands beside 'a=none'
hosts: 192.0.2.1      | hosts: 192.0.2.1 has no name after it
hosts: 192.0.2.1 a..b | hosts: 'a..b' NO_DOMAIN '' NO_LABEL
hosts: [192.0.2.1 a, 192.0.2.1 A.] | hosts: '192.0.2.1 a' is given twice
hosts_ttl: 90000      | hosts_ttl: '90000' is not a whole number from 0 to 86400
forward_policy: rondom | forward_policy: 'rondom' NO_POLICY; did you mean random?
forward_timeout: 0         | forward_timeout: '0' is not a whole number from 1 to 30
cache_max_ttl: 90000       | cache_max_ttl: '90000' is not a whole number from 0 to 86400
cache_min_ttl: 301 | cache_min_ttl, cache_max_negative_ttl: the least TTL, 301, is greater THAN
filter_aaaa: a b           | filter_aaaa: 'a b' NO_DOMAIN 'a b' NO_LABEL
rewrite: exact a           | rewrite: 'exact a' NO_RULE
rewrite: name a b          | rewrite: 'name a b' NO_RULE
rewrite: suffix a A.       | rewrite: 'suffix a A.' leaves each name as it is
rewrite: exact a b c       | rewrite: 'exact a b c' NO_RULE
rewrite: regex ( b         | rewrite: '(' NO_REGEX
rewrite: regex (a) {2}     | rewrite: '{2}': {2} is no group of the pattern, which has 1
rewrite: regex (a\.) b     | rewrite: '(a\\.)' NO_MATCH, names are tried without it
rewrite: regex a {1}       | rewrite: '{1}': {1} is no group of the pattern, which has 0
rewrite: regex (a) \1.b    | rewrite: '\\1.b': a group of the pattern is written as {1}
rewrite: regex (a) b..c    | rewrite: 'b..c' NO_DOMAIN '' NO_LABEL
rewrite: [exact a b, exact a. b] | rewrite: 'exact a b' is given twice
""".strip().splitlines()


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_named_with_its_line(line: str) -> None:
    written, said = (part.strip() for part in line.split(" | "))
    for word, long in SHORT.items():
        said = said.replace(word, long)
    key, _, text = written.partition(": ")
    quoted = text if text.startswith("[") or text.isdigit() else "'" + text + "'"
    assert error(f"# a comment\n\n{key}: {quoted}\n") == f"svcdns.yaml:3: {said}"


@pytest.mark.parametrize("suffix", ["cluster.local", "svc.cluster.local", "Cluster.Local."])
def test_a_suffix_that_is_served_here_is_never_asked(suffix: str) -> None:
    said = error(f"forward: ['{suffix}=1.1.1.1']")
    name = suffix.lower().rstrip(".")
    wrong = f"'{name}=1.1.1.1:53' is never asked: its names are answered here"
    assert said == f"svcdns.yaml:1: forward, zone: {wrong}"


def test_suffixes_beside_and_above_the_zone_may_be_asked() -> None:
    load(forward=["local=1.1.1.1", "xcluster.local=1.1.1.1", ".=1.1.1.1"])


def test_a_mapping_of_suffixes_is_named_too() -> None:
    said = "svcdns.yaml:1: forward: a mapping stands where text was expected, as corp.internal=10.0.0.53"
    assert error("forward: {corp.internal: 10.0.0.53}") == said


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"(.*)\.example\.com\.", r"(.*)\.example\.com"),
        (r"^(.*)\.example\.com\.$", r"^(.*)\.example\.com"),
        (r"a\\\.", r"a\\"),
        (r"a\\.", r"a\\."),
        (r"(.*)\.example\.com$", r"(.*)\.example\.com$"),
    ],
)
def test_a_pattern_may_have_the_last_dot(written: str, read: str) -> None:
    """CoreDNS's users write it."""
    assert rewrite_rules.parse_rule(f"regex {written} b.").source == read


@pytest.mark.parametrize("pattern", [r"a(\.|b\.)", r"(a[.])+", r"(a\.){2}", "[.]$"])
def test_a_pattern_that_matches_no_name(pattern: str) -> None:
    assert "matches no name" in error(rewrite=[f"regex {pattern} b"])


@pytest.mark.parametrize("pattern", [r"a\.?", r"(a\.)*", r"a(\.|b)", "a.", "^$"])
def test_a_pattern_that_may_end_otherwise(pattern: str) -> None:
    assert load(rewrite=[f"regex {pattern} b"]).rewrite


SHADOWED = [
    ("exact a b", "exact a c"),
    ("suffix a b", "suffix x.a c"),
    ("suffix a b", "exact a c"),
    ("suffix . a", "regex x b"),
    ("regex .* a", "suffix x b"),
    (r"regex [^.]+\.k a", "exact ok.k b"),
]
APART = [
    ("exact a b", "suffix a c"),
    ("exact a b", "exact c b"),
    ("suffix x.a b", "suffix a c"),
    ("suffix a b", "exact xa c"),
    ("suffix a b", "regex x b"),
    (r"regex [^.]+\.k a", "suffix ok.k b"),
]


@pytest.mark.parametrize("given", [*SHADOWED, *APART])
def test_rules_that_never_count(given: tuple[str, str]) -> None:
    first, second = map(rewrite_rules.parse_rule, given)
    wanted = [(second, first)] if given in SHADOWED else []
    assert (
        list(rewrite_rules.find_shadowed([rewrite_rules.parse_rule("exact zz y"), first, second])) == wanted
    )


def test_too_many_rules() -> None:
    rules = [f"exact a{n} b" for n in range(1001)]
    assert error(rewrite=rules) == "--rewrite: 1001 rules are too many: at most 1000"


def test_patterns_that_take_too_long_together() -> None:
    rules = [rf"regex ([^.]{{1,60}})\.x{n} a" for n in range(300)]
    assert error(rewrite=rules).startswith(
        "--rewrite: all patterns together would take too long on some names"
    )
    assert len(load(rewrite=[rf"regex ([^.]+)\.x{n} a" for n in range(900)]).rewrite) == 900


@given(st.text(alphabet="a.=:/[]#t1{}() \\*+?|-_\n\0é", max_size=24))
@pytest.mark.parametrize(
    "read", [forward_entries.parse_entry, forward_entries.parse_domain, hosts_lines.parse_file_or_line]
)
def test_any_text_is_a_value_or_a_value_error(read: Callable[[str], object], text: str) -> None:
    try:
        found = read(text)
    except ValueError as raised:
        assert str(raised)
    else:
        assert read(str(found)) == found


@given(
    st.sampled_from(get_args(rewrite_rules.RuleKind)),
    st.text(alphabet=r"a.[^]{}()\*+?|-1,d\bP<>=!:#$x", max_size=20),
    st.text(alphabet="a.{}1-\\", max_size=12),
)
def test_any_rule_is_one_or_a_value_error(kind: str, source: str, target: str) -> None:
    try:
        found = rewrite_rules.parse_rule(f"{kind} {source} {target}")
    except ValueError as raised:
        assert str(raised)
    else:
        assert rewrite_rules.parse_rule(str(found)) == found
