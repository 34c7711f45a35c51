"""What a container finds, beside a second reading of the kubelet's rules that knows the ConfigMaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.injection import container_env, pod_spec
from svcdns.kube.injection.container_env import ContainerEnv, PossibleOverride
from svcdns.kube.injection.pod_spec import (
    Container,
    EnvFrom,
    EnvVar,
    LocalObjectReference,
    ValueFrom,
)
from svcdns.kube.injection.service_env_vars import ServiceVariable

DB = ("shop", "db")
SERVICES = [
    ServiceVariable("DB_SERVICE_HOST", "10.96.0.7", DB),
    ServiceVariable("DB_SERVICE_PORT", "5432", DB),
    ServiceVariable("DB_PORT", "tcp://10.96.0.7:5432", DB),
]
SETTINGS = EnvFrom("DB_SERVICE_", config_map_ref=LocalObjectReference("settings"))
KEYS = EnvFrom(secret_ref=LocalObjectReference("keys"))
SECRET = ValueFrom(secret_key_ref=pod_spec.KeySelector("keys", "token"))


def environment_of(
    *env: EnvVar, sources: tuple[EnvFrom, ...] = (), command: tuple[str, ...] = ()
) -> ContainerEnv:
    return container_env.build_container_env(Container("app", env, sources, command), SERVICES)


def own(env: ContainerEnv) -> dict[str, str | None]:
    return {entry.env_var.name: entry.value for entry in env.env_entries}


def test_a_container_of_its_own_has_all() -> None:
    env = container_env.build_container_env(Container("app"), SERVICES)

    assert [entry.variable for entry in env.service_entries] == SERVICES
    assert (env.env_from_sources, env.env_entries, env.unresolved_references) == ((), (), ())


def test_env_keeps_a_variable_of_a_service_out() -> None:
    env = environment_of(EnvVar("DB_SERVICE_PORT", "1234"), EnvVar("DB_PORT", "", SECRET))

    assert [entry.variable for entry in env.service_entries] == SERVICES[:1]
    assert [entry.overridden for entry in env.env_entries] == SERVICES[1:]
    assert own(env) == {"DB_SERVICE_PORT": "1234", "DB_PORT": None}


def test_references_see_services_and_what_stands_before() -> None:
    env = environment_of(
        EnvVar("URL", "pg://$(DB_SERVICE_HOST):$(DB_SERVICE_PORT)/$(NAME)"),
        EnvVar("DB_SERVICE_PORT", "$(DB_SERVICE_PORT)0"),
        EnvVar("NAME", "x"),
        EnvVar("TOKEN", value_from=SECRET),
        EnvVar("ALL", "$(DB_SERVICE_PORT)$(NAME)$(TOKEN)"),
        EnvVar("EMPTY"),
        EnvVar("NAME", "$$(NAME)$(NAME)"),
    )

    assert own(env) == {
        "URL": "pg://10.96.0.7:5432/$(NAME)",
        "DB_SERVICE_PORT": "54320",
        "NAME": "$(NAME)x",
        "TOKEN": None,
        "ALL": None,
        "EMPTY": "",
    }
    assert env.unresolved_references == (("env[0].value", "NAME"),)


def test_a_prefix_says_what_envfrom_could_give() -> None:
    env = environment_of(EnvVar("URL", "$(DB_SERVICE_HOST) $(DB_PORT)"), sources=(SETTINGS,))
    doubts = [
        (entry.variable.name, [doubt.key for doubt in entry.possible_overrides])
        for entry in env.service_entries
    ]

    assert doubts == [("DB_SERVICE_HOST", ["HOST"]), ("DB_SERVICE_PORT", ["PORT"]), ("DB_PORT", [])]
    assert env.env_entries[0].possible_overrides == ((SETTINGS, "HOST"),)

    every = environment_of(sources=(KEYS, SETTINGS))

    assert every.service_entries[0].possible_overrides == ((KEYS, "DB_SERVICE_HOST"), (SETTINGS, "HOST"))


def test_references_that_nothing_gives() -> None:
    """But what `date` is, the container's shell knows."""
    command = ("sh", "-c", "echo $(date) $(DB_PORT) $(NONE) $$(ALSO)")

    assert environment_of(command=command).unresolved_references == (("command[2]", "NONE"),)
    assert environment_of(command=command, sources=(KEYS,)).unresolved_references == ()


# --- a second reading


def run_time(container: Container, maps: list[dict[str, str]]) -> dict[str, str]:
    """The environment with these contents of the envFrom objects; `?` is what valueFrom gives."""
    services = {env_var.name: env_var.value for env_var in SERVICES}
    env: dict[str, str] = {}

    for source, content in zip(container.env_from or (), maps, strict=True):
        env |= {(source.prefix or "") + key: value for key, value in content.items()}

    for env_var in container.env or ():
        if env_var.value:
            env[env_var.name] = container_env.expand_references(env_var.value, (services | env).get)
        else:
            env[env_var.name] = "?" if env_var.value_from else ""

    return services | env


names = st.sampled_from(["DB_SERVICE_HOST", "DB_SERVICE_PORT", "DB_PORT", "A", "B"])
texts = st.lists(st.one_of(names.map("$({})".format), st.sampled_from(["x", "$$", "$("])), max_size=3).map(
    "".join
)
variables = st.builds(EnvVar, names, texts, st.sampled_from([None, SECRET]))
prefixes = st.sampled_from([None, "", "DB_", "DB_SERVICE_", "A"])
sources = st.tuples(
    st.builds(EnvFrom, prefixes, st.sampled_from([LocalObjectReference("x"), LocalObjectReference("y")])),
    st.dictionaries(
        st.sampled_from(["DB_PORT", "SERVICE_HOST", "HOST", "A", "B"]), st.sampled_from(["1", "$(A)"])
    ),
)


@given(st.lists(variables, max_size=5), st.lists(sources, max_size=2, unique_by=lambda entry: entry[0]))
def test_the_same_as_a_second_reading(
    env: list[EnvVar], given_from: list[tuple[EnvFrom, dict[str, str]]]
) -> None:
    container = Container("app", tuple(env), tuple(source for source, _ in given_from))
    described_env = container_env.build_container_env(container, SERVICES)
    expected = run_time(container, [content for _, content in given_from])
    content = dict(given_from)
    described: dict[str, tuple[str | None, tuple[PossibleOverride, ...]]] = {
        entry.variable.name: (entry.variable.value, entry.possible_overrides)
        for entry in described_env.service_entries
    }
    described |= {
        entry.env_var.name: (entry.value, entry.possible_overrides) for entry in described_env.env_entries
    }

    for name, (value, unless) in described.items():
        if value is None:
            assert name in expected
        elif not any(key in content[source] for source, key in unless):
            assert expected[name] == value

    for name in expected.keys() - described.keys():
        assert any(source.find_key(name) in keys for source, keys in given_from)


# --- `$(NAME)` as the kubelet replaces it, beside a second reading of its rules

VALUES = {"A": "1", "B": "$(A)", "": "nothing", "A$(B": "odd", "E": ""}

CASES = """
$(A)          1
x$(A)$(A)y    x11y
$(B)          $(A)
$(C)          $(C)
-$(E)-        --
$$(A)         $(A)
$$$(A)        $1
$$$$(A)       $$(A)
$$A           $A
$A ${A}       $A ${A}
$             $
$$            $
$(            $(
$(A           $(A
$($(A)        $($(A)
$(A$(B))      odd)
$()           nothing
$(A)$($$(A    1$($(A
$é$(A)        $é1
"""


@pytest.mark.parametrize("line", CASES.strip().splitlines())
def test_expansion(line: str) -> None:
    text = line[:14].strip()
    expanded = line[14:]

    assert container_env.expand_references(text, VALUES.get) == expanded


def test_references_in_their_order() -> None:
    assert container_env.find_references("$(A) $$(B) $(C $(D)$(A)") == ["A", "C $(D", "A"]


def scanned(text: str) -> str:
    """One character after the other, as the kubelet reads."""
    out, at = "", 0
    while at < len(text):
        here, after = text[at], text[at + 1 : at + 2]
        if here != "$" or not after:
            out, at = out + here, at + 1
        elif after == "(" and ")" in text[at:]:
            end = text.index(")", at)
            name = text[at + 2 : end]
            out, at = out + VALUES.get(name, f"$({name})"), end + 1
        else:
            out, at = out + ("$" if after == "$" else "$" + after), at + 2
    return out


@given(st.text(st.sampled_from("$()AB\n"), max_size=30))
def test_expansion_is_the_same_as_a_second_reading(text: str) -> None:
    assert container_env.expand_references(text, VALUES.get) == scanned(text)
