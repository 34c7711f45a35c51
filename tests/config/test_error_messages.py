"""What is said of a mistake in the settings: where it stands, and what would be right."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svcdns.config import loader
from svcdns.config.settings import Settings
from svcdns.errors import ConfigError
from tests.config.loading import error, load

FILE_MISTAKES = """
listne: 127.0.0.1:53        | listne: unknown key; did you mean listen?
negative-ttl: 3             | negative-ttl: unknown key; did you mean negative_ttl?
_env_file: x                | _env_file: unknown key; `svcdns serve --help` lists all
config: other.yaml          | config: a file cannot name another one
ttl: 4000                   | ttl: '4000' is not a whole number from 0 to 3600
ttl: -1                     | ttl: '-1' is not a whole number from 0 to 3600
ttl: 30s                    | ttl: '30s' is not a whole number from 0 to 3600
ttl: [30]                   | ttl: a list is not a whole number from 0 to 3600
workers: 0                  | workers: '0' is not a whole number from 1 to 256
pods: verifed | pods: 'verifed' is not one of disabled, insecure, verified; did you mean verified?
pods: yes                   | pods: 'yes' is not one of disabled, insecure, verified
log_format: JSON            | log_format: 'JSON' is not one of text, json; did you mean json?
no_endpoints: maybe         | no_endpoints: 'maybe' is not true or false
listen: 127.0.0.1           | listen: '127.0.0.1' has no port: write 127.0.0.1:53
listen: ::1:53              | listen: '::1:53': an IPv6 address stands in brackets: write [::1:53]:53
listen: "[::1]"             | listen: '[::1]' has no port: write [::1]:53
listen: "[1.2.3.4]:53"      | listen: '[1.2.3.4]:53': only an IPv6 address stands in brackets
listen: localhost:53 | listen: 'localhost:53' must be IP:PORT, for example 127.0.0.1:53 or [::1]:53
listen: 127.0.0.1:65536     | listen: '127.0.0.1:65536': '65536' is no port from 1 to 65535
listen: 127.0.0.1:0         | listen: '127.0.0.1:0': '0' is no port from 1 to 65535
listen: [1.1.1.1:5, 1.1.1.1:5] | listen: '1.1.1.1:5' is given twice
listen: [[1.1.1.1:53]]      | listen: a list stands where one value was expected
listen: {host: x}           | listen: a mapping is not a list of values
zone: a..b | zone: 'a..b' is no domain name as cluster.local: '' is no label of a-z, 0-9 and -
zone: 10.in-addr.arpa       | zone: '10.in-addr.arpa' is a reverse zone: set reverse_zones, as CIDRs
service_cidr: 10.96.0.1/12  | service_cidr: '10.96.0.1/12' has bits set after its prefix: write 10.96.0.0/12
service_cidr: 10.96.0.0     | service_cidr: '10.96.0.0' is no CIDR, as 10.96.0.0/12 or fd00:10:96::/108
service_cidr: []            | service_cidr: at least one range is needed, as 10.96.0.0/12
service_cidr: [10.0.0.0/8, 10.96.0.0/12] | service_cidr: 10.0.0.0/8 and 10.96.0.0/12 overlap
node_port_range: 30000      | node_port_range: '30000' is no range of ports: write FIRST-LAST, as 30000-32767
node_port_range: 9-8        | node_port_range: '9-8': the first port is greater than the last
dns_service: kube-dns       | dns_service: 'kube-dns' is no NAMESPACE/NAME, as kube-system/kube-dns
labels: a in                | labels: 'a in' is no label selector: a `(` was expected, not the end
context: dev                | context: a context is one of a kubeconfig: set kubeconfig too
listen: tls://127.0.0.1     | listen: tls:// needs a certificate: set tls_cert and tls_key
tls_cert: a.pem             | tls_cert, tls_key: a certificate needs its key: set both
context: ""                 | context: the text is empty
state_dir: {}               | state_dir: a mapping stands where one value was expected
""".strip().splitlines()


@pytest.mark.parametrize("line", FILE_MISTAKES)
def test_a_mistake_in_the_file_is_named_with_its_line(line: str) -> None:
    written, said = (part.strip() for part in line.split(" | "))
    assert error(f"# a comment\n\n{written}\n") == f"svcdns.yaml:3: {said}"


def test_the_line_is_that_of_the_item() -> None:
    said = error("listen:\n  - 127.0.0.1:53\n\n  - 127.0.0.1\n")
    assert said.startswith("svcdns.yaml:4: listen: ")


def test_all_mistakes_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCDNS_WORKERS", "many")
    monkeypatch.setenv("SVCDNS_LISTE", "127.0.0.1:53")
    assert error("ttl: x\nfoo: 1\n", log_level="loud").splitlines() == [
        "SVCDNS_LISTE: unknown variable; did you mean SVCDNS_LISTEN?",
        "svcdns.yaml:2: foo: unknown key; `svcdns serve --help` lists all",
        "svcdns.yaml:1: ttl: 'x' is not a whole number from 0 to 3600",
        "SVCDNS_WORKERS: 'many' is not a whole number from 1 to 256",
        "--log-level: 'loud' is not one of debug, info, warning, error",
    ]


def test_the_value_that_counts_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCDNS_TTL", "x")
    assert load("ttl: y", ttl="9").ttl == 9
    assert error("ttl: 9") == "SVCDNS_TTL: 'x' is not a whole number from 0 to 3600"


def test_conflicts_name_both_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCDNS_NO_ENDPOINTS", "true")
    assert error("ignore_empty_service: true") == (
        "svcdns.yaml:1: ignore_empty_service, SVCDNS_NO_ENDPOINTS: "
        "without endpoints no Service is known to be empty: set one of them"
    )
    monkeypatch.delenv("SVCDNS_NO_ENDPOINTS")
    assert error("manifests: x", kubeconfig="y") == (
        "svcdns.yaml:1: manifests, --kubeconfig: objects come from one source: set one of them"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ttl: 1\nttl: 2\n", "svcdns.yaml:2: ttl: is set twice, first in line 1"),
        ("- ttl\n", "svcdns.yaml:1: `key: value` lines were expected, as `ttl: 30`"),
        ("ttl 30\n", "svcdns.yaml:1: `key: value` lines were expected, as `ttl: 30`"),
        ("? [a]\n: b\n", "svcdns.yaml:1: a key is one word"),
        ("ttl: 1\n---\nttl: 2\n", "svcdns.yaml:2: this is no YAML: but found another document"),
        ("ttl: 1\nx: " + "{a: " * 30_000, "svcdns.yaml:2: nested more than 16 levels deep"),
        ("\n" + "- " * 30_000, "svcdns.yaml:2: nested more than 16 levels deep"),
        ("a: &a [*a]\n", "svcdns.yaml:1: more than 16 levels deep, or 100000 values"),
    ],
)
def test_a_file_that_is_no_list_of_settings(text: str, said: str) -> None:
    assert error(text) == said


def test_a_file_with_broken_yaml_is_named_with_its_line() -> None:
    assert error("ttl: 1\nlisten: [::1]:53\n").startswith("svcdns.yaml:2: this is no YAML: ")
    assert error("ttl: \0").startswith("svcdns.yaml: this is no YAML: ")


def test_a_file_that_multiplies_itself_is_refused() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "more than 16 levels deep, or 100000 values" in error("\n".join(lines))


def test_a_file_that_cannot_be_read() -> None:
    assert error(config="none.yaml") == "none.yaml: cannot be read: No such file or directory"
    assert error(config=".") == ".: cannot be read: Is a directory"
    assert error(config="") == "--config: '' is no path"
    assert error(config="\0") == "--config: '\\x00' is no path"


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = st.sampled_from([*Settings.model_fields, "listne"]) | TEXTS
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=60) | st.dictionaries(KEYS, VALUES, max_size=4).map(lambda v: yaml.dump(v).encode())
)
def test_any_file_gives_settings_or_a_config_error(data: bytes) -> None:
    Path("any.yaml").write_bytes(data)
    try:
        assert isinstance(loader.load_settings({"config": "any.yaml"}), Settings)
    except ConfigError as raised:
        assert all(line.startswith("any.yaml") for line in str(raised).splitlines())
