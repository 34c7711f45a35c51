"""A Corefile where our file may stand: by its name, by a key of ours, and which value counts."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from svcdns.config import loader
from svcdns.config.settings import Settings
from svcdns.errors import ConfigError
from svcdns.serve.runtime import host_defaults
from tests.config.corefile import test_translator
from tests.config.loading import error, load

COREFILE = """.:53 {
    kubernetes cluster.example {
        ttl 20
    }
    forward . 192.0.2.1
}
"""


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


@pytest.mark.parametrize("name", ["Corefile", "old.corefile"])
def test_a_corefile_is_known_by_its_name(name: str) -> None:
    found = load(config=write(name, COREFILE))
    assert (found.zone, found.ttl, found.pods, found.cache_max_ttl) == (
        ("cluster.example",),
        20,
        "disabled",
        0,
    )


@pytest.mark.parametrize("name", ["Corefile.bak", "corefile.yaml"])
def test_a_corefile_of_another_name_is_told_how_it_must_be_called(name: str) -> None:
    said = error(config=write(name, COREFILE))
    assert said.startswith(f"{name}:") and said.endswith(
        "; a Corefile is called `Corefile`, or ends with `.corefile`"
    )


def test_flag_over_variable_over_our_key_over_corefile_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(f"  {line}" for line in COREFILE.splitlines())
    file = f"zone: cluster.key\nlabels: a=key\ncorefile: |\n{text}\n"
    monkeypatch.setenv("SVCDNS_ZONE", "cluster.variable")
    monkeypatch.setenv("SVCDNS_LABELS", "a=variable")
    found = load(file, zone=["cluster.flag"])
    assert found.zone == ("cluster.flag",)
    assert str(found.labels) == "a=variable"
    assert (found.ttl, found.pods, found.log_level) == (20, "disabled", "info")
    monkeypatch.delenv("SVCDNS_LABELS")
    assert str(load(file).labels) == "a=key"
    monkeypatch.delenv("SVCDNS_ZONE")
    assert load(file).zone == ("cluster.key",)


def test_our_key_may_name_a_file() -> None:
    write("any.name", COREFILE)
    found = loader.load_with_origins({"config": write("svcdns.yaml", "corefile: any.name\nttl: 7\n")})
    assert (found.settings.zone, found.settings.ttl) == (("cluster.example",), 7)
    assert found.config_paths == (Path("svcdns.yaml"), Path("any.name"))
    assert (found.origin("zone", 0), found.origin("ttl"), found.origin("workers")) == (
        "any.name:2",
        "svcdns.yaml:2",
        None,
    )


def test_lines_of_a_corefile_are_named() -> None:
    write("Corefile", COREFILE.replace("20", "4000").replace("    forward", "    acl\n    forward"))
    assert error(config="Corefile").splitlines() == [
        "Corefile:5: acl: not supported: svcdns would answer everybody: let a NetworkPolicy say who may ask, "
        "and leave it out here",
        "Corefile:3: ttl: '4000' is not a whole number from 0 to 3600",
    ]


def test_lines_of_a_corefile_within_our_file_are_those_of_the_file() -> None:
    text = "ttl: 5\ncorefile: |\n  .:53 {\n    kubernetes a.example {\n      pods on\n    }\n  }\n"
    said = "pods: 'on' is not one of disabled, insecure, verified"
    assert error(text) == f"svcdns.yaml:5: {said}"
    folded = 'corefile: ".:53 {\\n kubernetes a.example {\\n pods on\\n }\\n }"\n'
    assert error(folded) == f"svcdns.yaml:1: corefile:3: {said}"


def test_what_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert error(config="Corefile") == "Corefile: cannot be read: No such file or directory"
    assert error("corefile: none") == "none: cannot be read: No such file or directory"
    wanted = "corefile: a path or a text of several lines was expected"
    for value in ("[a]", "''", '"\\0"'):
        assert error(f"ttl: 1\ncorefile: {value}\n") == f"svcdns.yaml:2: {wanted}"
    assert load("corefile:\n").ttl == 30
    Path("Corefile").write_bytes(b".:53 {\n\n\xff}\n")
    assert error(config="Corefile") == "Corefile:3: the file is not UTF-8 text"
    monkeypatch.setenv("SVCDNS_COREFILE", "Corefile")
    assert error("corefile:").startswith("SVCDNS_COREFILE: unknown variable")


def test_settings_that_do_not_agree_are_named_with_their_lines() -> None:
    write("Corefile", ".:53 {\n kubernetes a.example {\n  noendpoints\n  ignore empty_service\n }\n}\n")
    assert error(config="Corefile") == (
        "Corefile:4: ignore_empty_service, Corefile:3: no_endpoints: "
        "without endpoints no Service is known to be empty: set one of them"
    )
    write("Corefile", "tls://.:853 {\n kubernetes a.example\n}\n")
    assert (
        error(config="Corefile") == "Corefile:1: listen: tls:// needs a certificate: set tls_cert and tls_key"
    )


def test_remarks_are_no_errors() -> None:
    found = loader.load_with_origins({"config": write("Corefile", COREFILE.replace("ttl 20", "zonal"))})
    assert [found.corefile.format_diagnostic(remark) for remark in found.corefile.diagnostics] == [
        "Corefile:3: zonal: not supported: names of topology zones do not exist"
    ]
    assert found.is_coredns_default("ttl") and not found.is_coredns_default("zone")


def test_a_machine_without_ipv6_is_asked_over_ipv4_alone(tmp_path: Path) -> None:
    assert host_defaults.wildcard_addresses(tmp_path) == ("0.0.0.0",)
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/if_inet6").touch()
    assert host_defaults.wildcard_addresses(tmp_path) == ("0.0.0.0", "::")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(test_translator.TEXTS | test_translator.BODIES)
def test_any_corefile_gives_settings_or_a_config_error(text: str) -> None:
    Path("Corefile").write_text(text, encoding="utf-8")
    try:
        assert isinstance(loader.load_settings({"config": "Corefile"}), Settings)
    except ConfigError as raised:
        assert all(line.startswith("Corefile") for line in str(raised).splitlines())
