"""What a container finds, beside a second reading of the kubelet's rules that knows the ConfigMaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.injection import container_env, pod_spec
from svcdns.kube.injection.container_env import ContainerEnv
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


def found(*env: EnvVar, sources: tuple[EnvFrom, ...] = (), command: tuple[str, ...] = ()) -> ContainerEnv:
    return container_env.build_container_env(Container("app", env, sources, command), SERVICES)


def own(made: ContainerEnv) -> dict[str, str | None]:
    return {one.env_var.name: one.value for one in made.env_entries}


def test_a_container_of_its_own_has_all():
    made = container_env.build_container_env(Container("app"), SERVICES)
    assert [one.variable for one in made.service_entries] == SERVICES
    assert (made.env_from_sources, made.env_entries, made.unresolved_references) == ((), (), ())


def test_env_keeps_a_variable_of_a_service_out():
    made = found(EnvVar("DB_SERVICE_PORT", "1234"), EnvVar("DB_PORT", "", SECRET))
    assert [one.variable for one in made.service_entries] == SERVICES[:1]
    assert [one.overridden for one in made.env_entries] == SERVICES[1:]
    assert own(made) == {"DB_SERVICE_PORT": "1234", "DB_PORT": None}


def test_references_see_services_and_what_stands_before():
    made = found(
        EnvVar("URL", "pg://$(DB_SERVICE_HOST):$(DB_SERVICE_PORT)/$(NAME)"),
        EnvVar("DB_SERVICE_PORT", "$(DB_SERVICE_PORT)0"),
        EnvVar("NAME", "x"),
        EnvVar("TOKEN", value_from=SECRET),
        EnvVar("ALL", "$(DB_SERVICE_PORT)$(NAME)$(TOKEN)"),
        EnvVar("EMPTY"),
        EnvVar("NAME", "$$(NAME)$(NAME)"),
    )
    assert own(made) == {
        "URL": "pg://10.96.0.7:5432/$(NAME)",
        "DB_SERVICE_PORT": "54320",
        "NAME": "$(NAME)x",
        "TOKEN": None,
        "ALL": None,
        "EMPTY": "",
    }
    assert made.unresolved_references == (("env[0].value", "NAME"),)


def test_a_prefix_says_what_envfrom_could_give():
    made = found(EnvVar("URL", "$(DB_SERVICE_HOST) $(DB_PORT)"), sources=(SETTINGS,))
    doubts = [
        (one.variable.name, [doubt.key for doubt in one.possible_overrides]) for one in made.service_entries
    ]
    assert doubts == [("DB_SERVICE_HOST", ["HOST"]), ("DB_SERVICE_PORT", ["PORT"]), ("DB_PORT", [])]
    assert made.env_entries[0].possible_overrides == ((SETTINGS, "HOST"),)
    every = found(sources=(KEYS, SETTINGS))
    assert every.service_entries[0].possible_overrides == ((KEYS, "DB_SERVICE_HOST"), (SETTINGS, "HOST"))


def test_references_that_nothing_gives():
    """But what `date` is, the container's shell knows."""
    command = ("sh", "-c", "echo $(date) $(DB_PORT) $(NONE) $$(ALSO)")
    assert found(command=command).unresolved_references == (("command[2]", "NONE"),)
    assert found(command=command, sources=(KEYS,)).unresolved_references == ()


# --- a second reading


def run_time(container: Container, maps: list[dict[str, str]]) -> dict[str, str]:
    """The environment with these contents of the envFrom objects; `?` is what valueFrom gives."""
    services = {one.name: one.value for one in SERVICES}
    env: dict[str, str] = {}
    for source, content in zip(container.env_from or (), maps, strict=True):
        env |= {(source.prefix or "") + key: value for key, value in content.items()}
    for one in container.env or ():
        if one.value:
            env[one.name] = container_env.expand_references(one.value, (services | env).get)
        else:
            env[one.name] = "?" if one.value_from else ""
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


@given(st.lists(variables, max_size=5), st.lists(sources, max_size=2, unique_by=lambda one: one[0]))
def test_the_same_as_a_second_reading(env, given_from):
    container = Container("app", tuple(env), tuple(source for source, _ in given_from))
    made = container_env.build_container_env(container, SERVICES)
    wanted = run_time(container, [content for _, content in given_from])
    content = dict(given_from)
    said = {one.variable.name: (one.variable.value, one.possible_overrides) for one in made.service_entries}
    said |= {one.env_var.name: (one.value, one.possible_overrides) for one in made.env_entries}
    for name, (value, unless) in said.items():
        if value is None:
            assert name in wanted
        elif not any(key in content[source] for source, key in unless):
            assert wanted[name] == value
    for name in wanted.keys() - said.keys():
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
def test_expansion(line):
    text, expanded = line[:14].strip(), line[14:]
    assert container_env.expand_references(text, VALUES.get) == expanded


def test_references_in_their_order():
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
def test_expansion_is_the_same_as_a_second_reading(text):
    assert container_env.expand_references(text, VALUES.get) == scanned(text)
