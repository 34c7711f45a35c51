"""The settings of names outside the cluster, and what is said of mistakes in them."""

from pathlib import Path

import pytest

from svcdns.config import forward_entries
from svcdns.config.hosts_lines import HostsLine
from svcdns.config.rewrite_rules import RewriteRule
from svcdns.config.settings import part
from svcdns.dns.answer.block_rules import HostsOptions
from svcdns.value_types import ZonePath
from tests.config.loading import error, load


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
    monkeypatch.setenv("SVCDNS_HOSTS", "/etc/hosts, 2001:DB8:0::1  Web.example  b,Corp.=x")
    found = load()
    assert found.hosts == (
        ZonePath(Path("/etc/hosts")),
        HostsLine(("2001:DB8:0::1", "Web.example", "b")),
        ZonePath(Path("x"), "corp"),
    )
    options = part(found, HostsOptions)
    assert options.files == ("/etc/hosts", f"corp={Path('x').absolute()}")
    assert options.lines == ("2001:DB8:0::1 Web.example b",)


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
hosts: a..b=/etc/hosts | hosts: 'a..b' NO_DOMAIN '' NO_LABEL
hosts: [192.0.2.1 a, 192.0.2.1  a] | hosts: '192.0.2.1 a' is given twice
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
