"""Every field of a kubeconfig is honoured or refused by name, and what has no effect is named."""

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest

from svcdns import errors
from svcdns.sources.apiserver.login import kubeconfig_check
from svcdns.sources.apiserver.login.kubeconfig_check import check_kubeconfig, find_problems
from svcdns.sources.apiserver.login.kubeconfig_fields import ClusterEntry, ExecPlugin, UserEntry
from tests.sources.apiserver.login.kubeconfigs import write_kubeconfig

PEM = base64.b64encode(b"PEM").decode()
PLUGIN = {
    "command": "sh",
    "apiVersion": "client.authentication.k8s.io/v1",
    "interactiveMode": "Never",
}

MISTAKES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # cluster
    ({"server": None}, {}, "cluster 'c': server '' must be an address such as https://HOST:PORT"),
    ({"server": "api:6443"}, {}, "server 'api:6443' must be an address"),
    ({"server": "https://[fd00"}, {}, "server 'https://[fd00' must be an address"),
    ({"server": "https://api\n"}, {}, "server 'https://api\\n' must be an address"),
    ({"server": "https://a b"}, {}, "server 'https://a b' must be an address"),
    ({"server": "https://api:x"}, {}, "server 'https://api:x' must be an address"),
    (
        {"server": "https://u:pw@api"},
        {},
        "server 'https://api' must be an address such as https://HOST:PORT",
    ),
    ({"server": "https://api/?x=1"}, {}, "https://HOST:PORT/PATH, without ? and #"),
    (
        {"insecure-skip-tls-verify": True, "certificate-authority-data": PEM},
        {},
        "insecure-skip-tls-verify and certificate-authority contradict each other",
    ),
    ({"certificate-authority-data": "?"}, {}, "cluster 'c': certificate-authority-data is not base64"),
    (
        {"certificate-authority": "no.crt"},
        {},
        "cluster 'c': certificate-authority {}/no.crt cannot be read",
    ),
    (
        {"certificate-authority": "ca.crt", "certificate-authority-data": PEM},
        {},
        "certificate-authority and certificate-authority-data contradict each other",
    ),
    ({"proxy-url": "squid:3128"}, {}, "cluster 'c': proxy-url: 'squid:3128' is no proxy: write http://HOST"),
    ({"proxy-url": "ftp://me:pw@squid"}, {}, "cluster 'c': proxy-url: 'ftp://squid' is no proxy"),
    # user
    ({}, {"client-certificate-data": PEM}, "user 'u': a client-certificate and a client-key belong together"),
    ({}, {"client-key-data": PEM}, "user 'u': a client-certificate and a client-key belong together"),
    ({}, {"client-key": "no.key"}, "user 'u': client-key {}/no.key cannot be read: No such file"),
    (
        {},
        {"client-certificate": "ca.crt", "client-certificate-data": PEM, "client-key-data": PEM},
        "client-certificate and client-certificate-data contradict each other",
    ),
    ({}, {"tokenFile": "none"}, "user 'u': tokenFile {}/none cannot be read: No such file"),
    ({}, {"password": "p"}, "user 'u': password needs a username"),
    ({}, {"username": "n", "token": "t"}, "user 'u': username and token contradict each other"),
    ({}, {"username": "n", "tokenFile": "ca.crt"}, "username and token contradict each other"),
    ({}, {"as-uid": "7"}, "as-uid, as-groups and as-user-extra need `as`"),
    ({}, {"as-groups": ["g"]}, "as-uid, as-groups and as-user-extra need `as`"),
    ({}, {"as-user-extra": {"a": ["b"]}}, "as-uid, as-groups and as-user-extra need `as`"),
    ({}, {"auth-provider": {"name": "oidc"}}, "auth-provider 'oidc' is not supported: use an exec plugin"),
    # exec
    ({}, {"exec": PLUGIN | {"command": ""}}, "user 'u': exec.command is missing"),
    (
        {},
        {"exec": PLUGIN | {"apiVersion": "client.authentication.k8s.io/v1alpha1"}},
        "exec.apiVersion",
    ),
    ({}, {"exec": PLUGIN | {"env": [{"value": "x"}]}}, "exec.env: a variable has no name"),
    ({}, {"exec": PLUGIN | {"interactiveMode": None}}, "exec.interactiveMode '' must be one of Never"),
    ({}, {"exec": PLUGIN | {"interactiveMode": "never"}}, "exec.interactiveMode 'never' must be one of"),
    ({}, {"exec": PLUGIN | {"args": [7]}}, "user 'u': exec.args[0]: Expected `str`, got `int`"),
]


@pytest.mark.parametrize(("cluster", "user", "message"), MISTAKES)
def test_a_mistake_is_named(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], message: str
) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    path = write_kubeconfig(tmp_path, cluster, user)
    with pytest.raises(errors.ConfigError) as raised:
        check_kubeconfig(path, None)
    assert str(raised.value).startswith(f"kubeconfig {path}: ")
    assert message.format(tmp_path) in str(raised.value)
    assert "pw" not in str(raised.value)
    assert any(message.format(tmp_path) in problem for problem in find_problems(path, None, {}))


INEFFECTIVE: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {},
        {"exec": PLUGIN, "token": "t"},
        "user 'u': exec is not run, since the user has",
    ),
    ({}, {"token": "t", "tokenFile": "ca.crt"}, "user 'u': token is not used, since tokenFile is there"),
    ({"server": "http://127.0.0.1", "tls-server-name": "a"}, {}, "tls-server-name has no effect without TLS"),
    (
        {"server": "http://127.0.0.1"},
        {"client-certificate-data": PEM, "client-key-data": PEM},
        "client-key-data has no effect without TLS",
    ),
    (
        {"server": "http://api"},
        {"token": "t"},
        "user 'u': no credentials are sent to http://api",
    ),
    ({"server": "http://api"}, {"exec": PLUGIN}, "user 'u': no credentials are sent to http://api"),
    ({"proxyurl": "http://a"}, {}, "cluster 'c': proxyurl: no such field; nothing reads it"),
]


@pytest.mark.parametrize(("cluster", "user", "remark"), INEFFECTIVE)
def test_what_has_no_effect_is_named(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], remark: str
) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    path = write_kubeconfig(tmp_path, cluster, user)
    remarks = check_kubeconfig(path, None).remarks
    assert any(text.startswith(f"kubeconfig {path}: ") and remark in text for text in remarks)
    assert list(remarks) == find_problems(path, None, {})


HONOURED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"tls-server-name": "a", "disable-compression": True, "extensions": [{"name": "e"}]}, {"token": "t"}),
    ({"certificate-authority-data": f"{PEM}\n"}, {"username": "n", "password": "p"}),
    ({"insecure-skip-tls-verify": True}, {"client-certificate-data": PEM, "client-key-data": PEM}),
    (
        {"proxy-url": "socks5://jump"},
        {"exec": PLUGIN | {"args": None, "env": [], "provideClusterInfo": True}},
    ),
    ({"server": "https://rancher/k8s/clusters/c-1"}, {"token": "t", "exec": None, "auth-provider": None}),
    (
        {"certificate-authority": ""},
        {
            "tokenFile": "",
            "token": "t",
            "as": "me",
            "as-groups": ["g"],
            "as-uid": "1",
            "as-user-extra": {"k": None},
        },
    ),
    ({}, {"exec": {"command": "./plugin", "apiVersion": "client.authentication.k8s.io/v1beta1"}}),
    ({}, {"exec": PLUGIN | {"installHint": "x", "interactiveMode": "Always"}}),
    ({}, {"extensions": [{"name": "e", "extension": {"a": 1}}]}),
]


@pytest.mark.parametrize(("cluster", "user"), HONOURED)
def test_what_is_right_has_no_remark(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> None:
    assert check_kubeconfig(write_kubeconfig(tmp_path, cluster, user), None).remarks == ()


@pytest.mark.parametrize("entry_type", [ClusterEntry, UserEntry, ExecPlugin])
def test_each_field_stands_in_these_tables(entry_type: type[msgspec.Struct]) -> None:
    entries = [entry for case in [*MISTAKES, *INEFFECTIVE, *HONOURED] for entry in case[:2]]
    plugins = [entry["exec"] or {} for entry in entries if isinstance(entry, dict) and "exec" in entry]
    names = {name for entry in [*entries, *plugins] if isinstance(entry, dict) for name in entry}
    assert {field.encode_name for field in msgspec.structs.fields(entry_type)} <= names


def test_a_proxy_of_the_environment_that_cannot_be_used(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, user={"token": "t"})
    assert find_problems(path, None, {"HTTPS_PROXY": "socks4://me:pw@jump"}) == [
        "HTTPS_PROXY: 'socks4://jump' is no proxy: "
        "write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"
    ]
    path = write_kubeconfig(tmp_path, {"proxy-url": "http://squid"}, {"token": "t"})
    assert find_problems(path, None, {"HTTPS_PROXY": "socks4://jump"}) == []


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, {"server": "x", "proxy-url": "y"}, {"password": "z"})
    assert len(find_problems(path, None, {})) == 3
    with pytest.raises(errors.ConfigError, match=r"server 'x'.*; .*proxy-url.*; .*password"):
        check_kubeconfig(path, None)
    path.unlink()
    assert find_problems(path, None, {}) == [f"kubeconfig {path} cannot be read: No such file or directory"]


def test_the_files_that_it_names(tmp_path: Path) -> None:
    for name in ("ca.crt", "token"):
        (tmp_path / name).write_text("x")
    path = write_kubeconfig(tmp_path, {"certificate-authority": "ca.crt"}, {"tokenFile": "token"})
    assert check_kubeconfig(path, "x").files == (path, tmp_path / "ca.crt", tmp_path / "token")


def test_over_https_a_user_is_needed(tmp_path: Path) -> None:
    context = [{"name": "x", "context": {"cluster": "c"}}]
    path = write_kubeconfig(tmp_path, contexts=context)
    with pytest.raises(errors.ConfigError, match="context 'x' needs a user"):
        check_kubeconfig(path, None)
    path = write_kubeconfig(tmp_path, {"server": "http://localhost:8001"}, contexts=context)
    assert check_kubeconfig(path, None).files == (path,)


def test_a_plugin_that_is_not_installed(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, user={"exec": PLUGIN | {"command": "./none", "installHint": "get it"}})
    assert find_problems(path, None, {}) == [
        f"kubeconfig {path}: user 'u': exec.command: './none' is no program here; its installHint: get it"
    ]
    # It may be installed later, so this stops no server.
    assert check_kubeconfig(path, None).remarks == ()


def test_where_a_command_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    assert kubeconfig_check.resolve_command(path, "aws") == "aws"
    assert kubeconfig_check.resolve_command(path, "bin/aws") == str(tmp_path / "bin/aws")
    assert kubeconfig_check.resolve_command(path, "/opt/aws") == "/opt/aws"


def test_a_namespace_that_is_none(tmp_path: Path) -> None:
    contexts = [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "../nodes"}}]
    path = write_kubeconfig(tmp_path, user={"token": "t"}, contexts=contexts)
    (problem,) = find_problems(path, None, {})
    assert problem.startswith(f"kubeconfig {path}: context 'x': namespace: '../nodes' ")
