"""Settings from flags, environment and file: which one wins."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from svcdns.config import loader
from svcdns.config.settings import ALL, SECTIONS, Settings
from svcdns.value_types import (
    Address,
    ListenAddress,
    ObjectName,
    PortRange,
)
from tests.config.loading import error, load


def test_defaults() -> None:
    found = load()
    assert found.listen == (ListenAddress(Address("127.0.0.1", 1053)),)
    assert found.zone == ("cluster.local",)
    assert (found.ttl, found.negative_ttl, found.pods) == (30, 30, "verified")
    assert found.service_cidr == (ip_network("10.96.0.0/12"), ip_network("fd00:10:96::/108"))
    assert found.node_port_range == PortRange(30000, 32767)
    assert found.dns_service == ObjectName("kube-system", "kube-dns")
    assert found.reverse_zones == (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert 1 <= found.workers <= 4
    assert not found.labels and found.labels.matches({})


def test_flag_over_variable_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    file = "ttl: 1\nzone: a.file\npods: disabled\n"
    monkeypatch.setenv("SVCDNS_TTL", "2")
    monkeypatch.setenv("SVCDNS_ZONE", "a.variable")
    found = load(file, ttl="3")
    assert (found.ttl, found.zone, found.pods, found.log_level) == (3, ("a.variable",), "disabled", "info")


def test_the_file_may_be_named_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.yaml").write_text("ttl: 7")
    monkeypatch.setenv("SVCDNS_CONFIG", "other.yaml")
    assert load().ttl == 7


def test_negative_ttl_follows_ttl() -> None:
    assert load("ttl: 5").negative_ttl == 5
    assert load("ttl: 5\nnegative_ttl: 0").negative_ttl == 0


@pytest.mark.parametrize("listen", ["127.0.0.1:53,[::1]:5353", "[127.0.0.1:53, '[::1]:5353']"])
def test_a_list_is_a_list_or_a_text_with_commas(listen: str) -> None:
    found = load(f"listen: {listen}").listen
    assert found == (ListenAddress(Address("127.0.0.1", 53)), ListenAddress(Address("::1", 5353)))


def test_lists_in_the_environment_have_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCDNS_NAMESPACES", "shop, data,")
    monkeypatch.setenv("SVCDNS_LABELS", "app in (a, b), !hidden")
    found = load()
    assert found.namespaces == ("shop", "data")
    assert found.labels.matches({"app": "a"}) and not found.labels.matches({"app": "a", "hidden": ""})


def test_an_empty_variable_and_an_empty_key_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCDNS_TTL", "")
    assert load("ttl:\nzone: null\nnamespaces: ~").ttl == 30


def test_an_empty_list_in_the_file_is_an_empty_list() -> None:
    assert load("reverse_zones: []").reverse_zones == ()


def test_the_file_has_no_yaml_surprises() -> None:
    """`no` is a namespace, `0o17` and `1:30` are texts (YAML would say false, 15 and 90)."""
    assert load("namespaces: [no, on, 012, 1e3]").namespaces == ("no", "on", "012", "1e3")
    assert error("ttl: 1:30") == "svcdns.yaml:1: ttl: '1:30' is not a whole number from 0 to 3600"


def test_names_are_folded() -> None:
    assert load(zone=["Cluster.LOCAL."]).zone == ("cluster.local",)


def test_what_kubernetes_sets_for_a_service_called_svcdns_is_none_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        "SVCDNS_SERVICE_HOST",
        "SVCDNS_SERVICE_PORT",
        "SVCDNS_SERVICE_PORT_DNS_TCP",
        "SVCDNS_PORT",
        "SVCDNS_PORT_53_UDP",
        "SVCDNS_PORT_53_UDP_ADDR",
        "SVCDNS_METRICS_SERVICE_HOST",
        "SVCDNS_METRICS_PORT_9153_TCP_PROTO",
    ):
        monkeypatch.setenv(name, "tcp://10.96.0.10:53")
    assert load().ttl == 30


def test_no_setting_is_called_as_a_services_variable() -> None:
    names = [f"SVCDNS_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if loader._SERVICE_LINK_VARIABLE.fullmatch(name, 6)] == []


def test_every_setting_says_what_it_is() -> None:
    assert [key for key, setting in ALL.items() if not setting.help] == []
    assert len(Settings.model_fields) == sum(len(section.keys) for section in SECTIONS) + 1


def test_where_the_last_good_configuration_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known without the file, which may be the broken one."""
    Path("svcdns.yaml").write_text("state_dir: /in/the/file\nlisten: [nonsense")
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    flags = {"config": "svcdns.yaml"}

    def folder(**more: str) -> str | None:
        path = loader.last_good_path({**flags, **more})
        return str(path.parent) if path else None

    assert folder() == "/var/state/svcdns/configurations"
    assert folder(state_dir="state") == f"{Path.cwd()}/state/configurations"
    before = loader.last_good_path(flags)
    monkeypatch.setenv("SVCDNS_LISTEN", "127.0.0.1:5353")
    assert loader.last_good_path(flags) != before, "another server, perhaps at the same time"
    monkeypatch.setenv("SVCDNS_STATE_DIR", "/in/the/variable")
    assert folder() == "/in/the/variable/configurations"
    assert folder(state_dir="") == "/in/the/variable/configurations"
    assert folder(state_dir="\0") is None


def test_without_a_home_folder_there_is_no_last_good_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert loader.last_good_path({}) is None
