"""Bytes to values and lines: what YAML means here, what is bounded, what goes on behind an error."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.kube.manifests.manifest_decoder import UnreadableValue
from svcdns.sources.manifests import manifest_parser, yaml_documents, yaml_positions


def parse(text: str) -> list[object]:
    parsed = yaml_documents.parse_documents(text.encode())
    assert parsed.syntax_errors == []
    return parsed.documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80", 80),
        ("-1_000", -1000),
        ("0x1F", 31),
        ("017", 15),
        ("0o17", 15),
        ("0b11", 3),
        ("08", 8.0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("true", True),
        ("Off", False),
        ("y", "y"),
        ("null", None),
        ("~", None),
        ("{a: }", {"a": None}),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("12:30", "12:30"),
        ("'80'", "80"),
        ('"true"', "true"),
        ("!!str 80", "80"),
        ("!!int '80'", 80),
        ("!custom x", "x"),
        ("9" * 5000, "9" * 5000),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("{1: a, true: b, ~: c}", {"1": "a", "true": "b", "~": "c"}),
        ("{a: &x {b: 1}, c: *x, d: {<<: *x, e: 2}}", {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}),
        ("{<<: [{a: 1, b: 1}, {a: 2, c: 2}], b: 3}", {"a": 1, "b": 3, "c": 2}),
        ("? [a]\n: b", {"(list as a key)": "b"}),
    ],
)
def test_values(text: str, value: object) -> None:
    assert parse(text) == [value]


def test_documents() -> None:
    assert parse("") == []
    assert parse("# nothing\n---\n---\na: 1\n...\n---\n- b") == [None, {"a": 1}, ["b"]]
    assert parse("\ufeffa: 1") == [{"a": 1}]


def test_json_is_read_by_name_or_by_look() -> None:
    text = '{"a": ["\\ud83d\\ude00", 1e2, null]}'
    for data in (text.encode(), b"\xef\xbb\xbf \n" + text.encode()):
        assert (
            yaml_documents.parse_documents(data, is_json=True)
            == yaml_documents.parse_documents(data)
            == ([{"a": ["😀", 100.0, None]}], [])
        )
    assert parse("{a: b}") == [{"a": "b"}]
    assert yaml_documents.parse_documents(b"", is_json=True) == ([], [])
    assert yaml_documents.parse_documents(b'{"a": 1,\n"b": }', is_json=True) == (
        [None],
        [(2, "JSON is malformed: invalid character")],
    )


def test_behind_a_syntax_error_it_goes_on_at_the_next_document() -> None:
    parsed = yaml_documents.parse_documents(
        b"a: 1\n---\nb: [1\n---\nc: 1\n---\nd: 'x\n---\ne: f: g\n--- \nh: 1\n"
    )
    assert parsed.documents == [{"a": 1}, None, {"c": 1}, None, None, {"h": 1}]
    assert [line for line, _ in parsed.syntax_errors] == [4, 8, 9]
    assert parsed.syntax_errors[2].message == "mapping values are not allowed in this context"


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"a: 1\nb: \xff\n", 2), (b"a: 1\n\nb: \x00", 3), (b"\ta: 1", 1), (b"%YAML 9.9\n---\n", 1)],
)
def test_bytes_that_are_no_text(data: bytes, line: int) -> None:
    assert [broken.line for broken in yaml_documents.parse_documents(data).syntax_errors] == [line]


def flaws(value: object) -> list[str]:
    """Those in the last two of each container, which is where these tests have them."""
    if isinstance(value, UnreadableValue):
        return [value.message]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [message for one in list(inner)[-2:] for message in flaws(one)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a: 1, a: 2}", "key 'a' already set in map"),
        ("[*x]", "no anchor 'x' before this alias"),
        ("&x [*x]", "no anchor 'x' before this alias"),
    ],
)
def test_a_flaw_stands_where_a_value_cannot_be_had(text: str, message: str) -> None:
    assert flaws(parse("- " + text)) == [message]


def test_a_document_that_nests_too_deeply_costs_itself_alone() -> None:
    text = "a: 1\n---\n\nb: " + "[" * 99 + "{c: [1]}" + "]" * 99 + "\n---\nd: 2\n"
    parsed = yaml_documents.parse_documents(text.encode())
    assert parsed.documents == [{"a": 1}, None, {"d": 2}]
    assert parsed.syntax_errors == [(4, "nested more than 100 levels deep")]


def test_depth_in_json() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    assert yaml_documents.parse_documents(deep, is_json=True).syntax_errors == [(1, "nested too deeply")]


def test_billion_laughs() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for number in range(98, 106):
        bomb += f"{chr(number)}: &{chr(number)} [{', '.join([f'*{chr(number - 1)}'] * 10)}]\n"
    found = parse(bomb + "apiVersion: v1\nkind: Pod\nmetadata: {name: *h}\nspec: *i")
    assert (
        len(
            manifest_parser.parse_manifest(
                "bomb.yaml", (bomb + "apiVersion: v1\nkind: List\nitems: *i").encode()
            ).faults
        )
        < 100
    )
    assert set(flaws(found)) == {"the document's aliases multiply it too much"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON)
def test_json_and_yaml_mean_the_same(value: object) -> None:
    dumped = yaml.safe_dump(value, allow_unicode=True)
    assert yaml_documents.parse_documents(json.dumps(value).encode(), is_json=True).documents == [value]
    if "<<" not in dumped:
        assert yaml_documents.parse_documents(dumped.encode()).documents in ([value], [])


YAML_PIECES = st.lists(
    st.sampled_from(("\n---\n", "\n  ", ": ", "- ", "kind", *"ax:[]{}&*<'\"!#,é%?|\n\t\x00")), max_size=30
).map("".join)


@settings(deadline=None, max_examples=300)
@given(YAML_PIECES.map(str.encode) | st.binary(max_size=60), st.booleans())
def test_no_bytes_make_it_raise(data: bytes, as_json: bool) -> None:
    """Reading a file and finding lines in it raise nothing, and see the same documents."""
    parsed = yaml_documents.parse_documents(data, is_json=as_json)
    spots = [(number, ("kind",)) for number in range(len(parsed.documents) + 1)]
    found = yaml_positions.find_lines(data, spots)
    assert all(1 <= line <= data.count(b"\n") + data.count(b"\r") + 2 for line in found.values())
    manifest_parser.parse_manifest("x.json" if as_json else "x.yaml", data)
