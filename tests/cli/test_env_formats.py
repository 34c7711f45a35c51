"""The formats, each read back by what reads it."""

import io
import json
import shutil
import subprocess

import dotenv
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.cli import env_formats
from svcdns.cli.env_formats import EnvFormat
from svcdns.kube.injection.service_env_vars import ServiceVariable

DB = ("shop", "db")
VARIABLES = [
    ServiceVariable("DB_SERVICE_HOST", "10.96.0.7", DB),
    ServiceVariable("DB_SERVICE_PORT", "5432", DB),
    ServiceVariable("DB_PORT", "tcp://[fd00::1]:5432", DB),
    ServiceVariable("1ST_SERVICE_HOST", "10.96.0.1", ("shop", "1st")),
]

DOTENV = """\
DB_SERVICE_HOST=10.96.0.7
DB_SERVICE_PORT=5432
DB_PORT=tcp://[fd00::1]:5432
# not a shell's name: 1ST_SERVICE_HOST=10.96.0.1
"""

SHELL = """\
export DB_SERVICE_HOST='10.96.0.7'
export DB_SERVICE_PORT='5432'
export DB_PORT='tcp://[fd00::1]:5432'
# not a shell's name: 1ST_SERVICE_HOST=10.96.0.1
"""

JSON = """\
{
    "DB_SERVICE_HOST": "10.96.0.7",
    "DB_SERVICE_PORT": "5432",
    "DB_PORT": "tcp://[fd00::1]:5432",
    "1ST_SERVICE_HOST": "10.96.0.1"
}
"""

YAML = """\
DB_SERVICE_HOST: 10.96.0.7
DB_SERVICE_PORT: '5432'
DB_PORT: tcp://[fd00::1]:5432
1ST_SERVICE_HOST: 10.96.0.1
"""

DOCKER = """\
DB_SERVICE_HOST=10.96.0.7
DB_SERVICE_PORT=5432
DB_PORT=tcp://[fd00::1]:5432
1ST_SERVICE_HOST=10.96.0.1
"""


@pytest.mark.parametrize("form", EnvFormat)
def test_each_format(form: EnvFormat) -> None:
    expected = {"dotenv": DOTENV, "shell": SHELL, "json": JSON, "yaml": YAML, "docker": DOCKER}[form]
    assert env_formats.format_variables(VARIABLES, form) == (expected, ())


@pytest.mark.parametrize("form", EnvFormat)
def test_nothing(form: EnvFormat) -> None:
    assert env_formats.format_variables([], form).text == {
        EnvFormat.JSON: "{}\n",
        EnvFormat.YAML: "{}\n",
    }.get(form, "")


# --- values that no cluster should have, so that nothing depends on there being none

NASTY = [
    "$(touch /tmp/x)`id`${HOME}$HOME",
    "it's; exit 1 #",
    "'",
    "''\\'",
    "a\nexport PATH=/nowhere\n",
    "\r\n",
    '"\\"',
    "\\",
    " # not a comment ",
    "~",
    "!!",
    "é\u2028\u202e",
    "\x1b[31m\x07",
    "-n",
    "a=b",
    "",
]

values = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
identifiers = st.from_regex(r"X[A-Z0-9_]{0,8}", fullmatch=True)
anything = st.one_of(
    identifiers, st.sampled_from(["1ST_PORT", "A B", "A;id", "$(id)", "a\nexport B=1", "#", ""])
)


def variables(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[ServiceVariable]]:
    created = st.builds(ServiceVariable, names, values, st.just(DB))
    return st.lists(created, max_size=8, unique_by=lambda item: item.name)


def evaluated(shell: str, text: str) -> dict[str, str]:
    """The environment after the shell's eval, which says nothing."""
    script = 'eval "$1" && exec env -0'
    command = [shutil.which(shell) or shell, "-c", script, "-", text]
    done = subprocess.run(command, capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    assert (done.returncode, done.stderr) == (0, b"")
    pairs = (line.split("=", 1) for line in done.stdout.decode().split("\0") if line)

    return {
        name: value for name, value in pairs if name not in ("PATH", "LC_ALL", "PWD", "SHLVL", "_", "OLDPWD")
    }


@pytest.mark.parametrize("shell", [one for one in ("sh", "bash", "zsh", "busybox sh") if shutil.which(one)])
def test_a_shell_evaluates_nasty_values_as_they_are(shell: str) -> None:
    nasty = [ServiceVariable(f"X{number}", value, DB) for number, value in enumerate(NASTY)]
    written = env_formats.format_variables(nasty, EnvFormat.SHELL)
    assert evaluated(shell, written.text) == {item.name: item.value for item in nasty}


@settings(max_examples=20)
@given(variables(anything))
def test_a_shell_gets_every_value_and_nothing_else(created: list[ServiceVariable]) -> None:
    """A name that is none for a shell is a comment, whatever is in it."""
    written = env_formats.format_variables(created, EnvFormat.SHELL)
    expected = {item.name: item.value for item in created if item.name[:1] == "X" and "\0" not in item.value}
    assert evaluated("sh", written.text) == expected
    assert len(written.skipped) == sum("\0" in item.value and item.name[:1] == "X" for item in created)


@given(variables(anything))
def test_dotenv_files(created: list[ServiceVariable]) -> None:
    """As python-dotenv reads them, and the same without references: what is written has none."""
    written = env_formats.format_variables(created, EnvFormat.DOTENV)
    result = {
        name: dotenv.dotenv_values(stream=io.StringIO(written.text), interpolate=name)
        for name in (True, False)
    }

    assert result[True] == result[False]
    assert result[True].items() <= {item.name: item.value for item in created}.items()
    assert len(result[True]) + len(written.skipped) == sum(item.name[:1] == "X" for item in created)


def env_file(text: str) -> dict[str, str]:
    """As `docker run --env-file` reads it: lines, `#` in front, all behind `=` is the value."""
    lines = [line.removesuffix("\r").lstrip() for line in text.split("\n")]
    pairs = [line.partition("=") for line in lines if line and line[0] != "#"]
    assert all(name and not any(map(str.isspace, name)) and equals for name, equals, _ in pairs)
    return {name: value for name, _, value in pairs}


@given(variables(identifiers))
def test_docker_env_files(created: list[ServiceVariable]) -> None:
    written = env_formats.format_variables(created, EnvFormat.DOCKER)
    expected = {item.name: item.value for item in created if not set("\r\n\0") & set(item.value)}
    assert env_file(written.text) == expected
    assert len(written.skipped) == len(created) - len(expected)


@given(variables(anything))
def test_json_and_yaml(created: list[ServiceVariable]) -> None:
    expected = {item.name: item.value for item in created}
    assert json.loads(env_formats.format_variables(created, EnvFormat.JSON).text) == expected
    assert yaml.safe_load(env_formats.format_variables(created, EnvFormat.YAML).text) == expected


def test_what_is_left_out_is_said() -> None:
    created = [ServiceVariable("A", "x\ny", DB)]
    assert env_formats.format_variables(created, EnvFormat.DOCKER) == (
        "",
        (r"A=x\ny is left out: the docker format cannot hold it",),
    )
    assert env_formats.format_variables(created, EnvFormat.DOTENV) == (
        "",
        (r"A=x\ny is left out: the dotenv format cannot hold it",),
    )
