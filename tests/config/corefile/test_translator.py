"""Corefiles and what they come to: scenarios of whole files, and of single plugins and options."""

from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.config.corefile import plugin_table
from svcdns.config.corefile.translation_state import TranslatedCorefile
from tests.config.corefile import translating
from tests.config.corefile.translating import translated

HERE = Path(__file__).parent


def scenarios(name: str) -> list[ParameterSet]:
    """`=== title`, the text, `--- settings`, their lines, `--- said`, its lines."""
    found = []
    for case in (HERE / name).read_text().split("\n=== ")[1:]:
        title, _, rest = case.partition("\n")
        text, _, wanted = rest.partition("--- settings\n")
        values, _, said = wanted.partition("--- said\n")
        found.append(pytest.param(text, values.splitlines(), said.split("\n\n")[0].splitlines(), id=title))
    return found


@pytest.mark.parametrize(("text", "values", "said"), scenarios("whole.txt"))
def test_whole_corefiles(text: str, values: list[str], said: list[str]) -> None:
    found = translated(text)
    assert list(translating.settings(found)) == values
    assert list(translating.said(found)) == [line for line in said if line]


@pytest.mark.parametrize(("text", "values", "said"), scenarios("plugins.txt"))
def test_plugins_and_options(text: str, values: list[str], said: list[str]) -> None:
    """In a block for all names; what the block itself comes to is left out."""
    found = translated(f".:53 {{\n{text}}}\n")
    assert [line for line in translating.settings(found) if not is_of_block(line)] == values
    assert [line for line in translating.said(found) if "there is none, but" not in line] == [
        line for line in said if line
    ]


def is_of_block(line: str) -> bool:
    return line.startswith("1 ") or line.endswith(" ~")


def test_every_plugin_of_the_tables_has_a_scenario() -> None:
    texts = (HERE / "plugins.txt").read_text() + (HERE / "whole.txt").read_text()
    left_out = ("cancel", "dnstap", "geoip", "metadata", "multisocket", "timeouts", "trace", "sign")
    assert [name for name in plugin_table.plugin_names() if name not in texts and name not in left_out] == []


def test_what_no_scenario_has_is_named() -> None:
    assert said("cancel\ntrace\nsign\n") == [
        "2: note: cancel: each question has its deadline",
        "3: note: trace: left out",
        "4: sign: not supported: zones are not signed",
    ]


def said(lines: str) -> list[str]:
    return [
        line for line in translating.said(translated(f".:53 {{\n{lines}}}")) if "there is none" not in line
    ]


def test_a_remark_is_one_line_and_not_long() -> None:
    (remark,) = said('"a\nb\x1b[0m' + "x" * 400 + '" 1\n')
    assert remark == r"2: a\nb\x1b[0m" + "x" * 33 + ": not supported: left out"
    (remark,) = said(f"forward a.example {'x' * 1000} 192.0.2.1\n")
    assert remark.endswith("...") and len(remark) < 310


def test_long_files_are_bounded() -> None:
    lines = "".join(f"10.0.{n // 250}.{n % 250} h{n}\n" for n in range(1200))
    found = translated(f".:53 {{\nhosts {{\n{lines}}}\n}}\n")
    assert len(found.document.values["hosts"]) == 1000 and len(found.errors) == 200
    assert found.errors[0].text == "10.0.3.249: more than 1000 values of hosts"


def test_no_address_is_left() -> None:
    found = translated("https://. grpc://.:4443 {\n}")
    assert [error.text for error in found.errors] == ["https://.: no address to listen at is left"]


def test_a_key_that_is_no_zone() -> None:
    found = translated("a..b:53, 10.0.0.0/33 {\n}\n")
    assert [error.line for error in found.errors] == [1, 1]


def test_lines_of_a_text_within_a_file() -> None:
    found = translating.translated(".:53 {\nautopath\nttl\n}", above=10)
    assert [remark.line for remark in found.diagnostics] == [11, 12, 13]
    assert found.document.lines["listen", 0] == 11


WORDS = st.sampled_from(
    [
        *plugin_table.plugin_names(),
        *(
            "{",
            "}",
            "\n",
            "\n",
            '"',
            "#",
            ".:53",
            ".",
            "cluster.local",
            "in-addr.arpa",
            "10.0.0.0/8",
            "a.example",
        ),
        *("pods", "ttl", "fallthrough", "except", "policy", "tls_servername", "success", "denial", "disable"),
        *(
            "serve_stale",
            "prefetch",
            "name",
            "regex",
            "suffix",
            "prefix",
            "substring",
            "answer",
            "value",
            "match",
        ),
        *(
            "(.*)",
            "a|b",
            "^x$",
            r"\.",
            "{1}",
            "{$UPSTREAM}",
            "{$NOT_SET}",
            "192.0.2.1",
            "tls://192.0.2.1%a",
            "5s",
        ),
        *(
            "30",
            "-1",
            "9" * 30,
            "::1",
            ":8080",
            "IN",
            "AAAA",
            "rcode",
            "NXDOMAIN",
            "lameduck",
            "directory",
            ",",
        ),
        *(
            "continue",
            "import",
            "(x)",
            "labels",
            "namespaces",
            "ignore",
            "empty_service",
            "kubeconfig",
            "/etc/hosts",
        ),
    ]
)
TEXTS = st.text(max_size=60) | st.lists(WORDS | st.text(max_size=3), max_size=60).map(" ".join)
BODIES = st.lists(WORDS, max_size=40).map(lambda words: f".:53 {{\n{' '.join(words)}\n}}\n")


@settings(deadline=None)
@given(TEXTS | BODIES)
def test_any_text_gives_settings_or_named_problems(text: str) -> None:
    found = translated(text)
    assert isinstance(found, TranslatedCorefile)
    last = text.count("\n") + 1
    for remark in (*found.errors, *found.diagnostics):
        assert 1 <= remark.line <= last and remark.text.isprintable()
