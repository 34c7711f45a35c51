"""A kubeconfig and the entries of a context: what is needed, and what only stands there."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from svcdns.errors import ConfigError
from svcdns.sources.apiserver.login.kubeconfig_file import read_chosen
from tests.sources.apiserver.login.kubeconfigs import SERVER, write_kubeconfig


def test_the_entries_of_a_context(tmp_path: Path) -> None:
    contexts = [
        {"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "web", "extensions": []}},
        {"name": "y", "context": {"cluster": "c"}},
    ]
    path = write_kubeconfig(tmp_path, {"extensions": None}, {"token": "t"}, contexts=contexts, preferences={})
    entries = read_chosen(path, None)
    assert (entries.context_name, entries.cluster_name, entries.user_name) == ("x", "c", "u")
    assert (entries.namespace, read_chosen(path, "y").namespace) == ("web", "")
    assert (entries.cluster.server, entries.user.token) == (SERVER, "t")
    assert (entries.has_user, entries.remarks) == (True, ())
    assert not read_chosen(path, "y").has_user


@pytest.mark.parametrize("user", [None, {}])
def test_a_user_without_fields(tmp_path: Path, user: object) -> None:
    entries = read_chosen(write_kubeconfig(tmp_path, user=user), None)
    assert entries.has_user
    assert not entries.user.has_own_credentials


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "Service"}, "this is v1 Service: kubeconfigs are v1 Config"),
        ({"apiVersion": "v2"}, "this is v2 Config"),
        ({"contexts": None}, "no context 'x'; its contexts: none"),
        ({"contexts": []}, "no context 'x'; its contexts: none"),
        ({"current-context": None}, "no current-context: choose with --context; its contexts: x"),
        ({"clusters": None}, "context 'x' names an unknown cluster 'c'"),
        ({"clusters": [{"name": "c"}, {"name": "c"}]}, "cluster 'c' stands there 2 times: keep one of them"),
        ({"users": [{"name": "u"}] * 3}, "user 'u' stands there 3 times"),
        (
            {"users": [{"name": "u", "user": {"token": 7}}]},
            "user 'u': token: Expected `str | null`, got `int`",
        ),
        ({"clusters": [{"name": "c", "cluster": []}, 7]}, "clusters[1]: Expected `object`, got `int`"),
    ],
)
def test_a_file_that_leads_nowhere(tmp_path: Path, fields: dict[str, object], message: str) -> None:
    path = write_kubeconfig(tmp_path, **fields)
    with pytest.raises(ConfigError) as raised:
        read_chosen(path, None)
    assert message in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("text", ["", "[", "- a\n", "a: b: c\n", "\0", "clusters: &a [*a]\n"])
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(ConfigError, match=str(path)):
        read_chosen(path, None)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_chosen(tmp_path, None)


@pytest.mark.parametrize(
    "text", ["- " * 30_000, " [" + "[" * 30_000, " [" + "{a: " * 30_000, " [" + "[ " * 99 + "]" * 99]
)
def test_a_file_that_is_nested_deeply(tmp_path: Path, text: str) -> None:
    """It ended the process with SIGSEGV."""
    path = tmp_path / "config"
    path.write_text(f"kind: Config\nusers:{text}\n" if text.startswith(" ") else f"\n{text}x\n")
    with pytest.raises(ConfigError, match=r"is not a kubeconfig: line 2: nested more than 64 levels deep"):
        read_chosen(path, None)


def test_a_mistake_elsewhere_costs_only_itself(tmp_path: Path) -> None:
    users = [
        {"name": "u", "user": {"token": "t", "tokenfile": "/x", "exec": {"commands": "a"}}},
        {"name": "v", "user": {"token": 7}},
        {"name": "w"},
        {"name": "w"},
    ]
    assert read_chosen(write_kubeconfig(tmp_path, users=users, users_="typo"), None).remarks == (
        "users_: no such field; nothing reads it",
        "user 'u': exec.commands: no such field; nothing reads it",
        "user 'u': tokenfile: no such field; nothing reads it",
        "user 'v': token: Expected `str | null`, got `int` (not needed here)",
        "user 'w' stands there 2 times: keep one of them (not needed here)",
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "cluster", "user", "context", "server", "exec", "env"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["clusters", "users", "contexts", "current-context"]), VALUES))
def test_any_values(tmp_path_factory: pytest.TempPathFactory, fields: dict[str, object]) -> None:
    path = tmp_path_factory.mktemp("any") / "config"
    path.write_text(yaml.safe_dump(fields))
    for context in (None, "x"):
        try:
            read_chosen(path, context)
        except ConfigError as error:
            assert str(path) in str(error)
