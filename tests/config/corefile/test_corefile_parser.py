"""Words, blocks and lines of a Corefile, and what is said where they do not fit."""

from pathlib import Path

import pytest

from svcdns.config.corefile import block_keys, corefile_parser, tokenizer
from svcdns.config.corefile.corefile_parser import Directive, ParsedBlock
from svcdns.config.corefile.imports import Imports
from svcdns.config.corefile.tokenizer import CorefileError, Token

ENVIRON = {"A": "one", "B": ""}


def parse(text: str) -> tuple[ParsedBlock, ...]:
    return corefile_parser.parse_corefile(text, Imports(Path("Corefile"), ENVIRON))


WORDS = [
    ("a b\tc\n d", "1a 1b 1c 2d"),
    ("a # b\n#c\nd#e f", "1a 3d"),
    ('"a b" "c#d" e"f"', '1a_b 1c#d 1e"f"'),
    (r'"a\"b\\" "\d"', r'1a"b\\ 1\d'),
    ('"a\nb" c\nd', "1a/b 2c 3d"),
    ('"a"b', "1a 1b"),
    ("{$A} x{%A%}y {$B} {1} {$} {", "1one 1xoney 1 1{1} 1{$} 1{"),
    ("\ufeffa\r\nb", "1a 2b"),
    ('""', "1"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "wanted"), WORDS)
def test_words(text: str, wanted: str) -> None:
    found = [
        f"{w.line}{w.text.replace(' ', '_').replace(chr(10), '/')}"
        for w in tokenizer.tokenize(text, ENVIRON, [])
    ]
    assert found == (wanted.split(" ") if wanted else [])


def test_the_first_word_of_a_line() -> None:
    found = [word.is_first_on_line for word in tokenizer.tokenize('a "b\nc" d\n\ne # f\n g h', ENVIRON, [])]
    assert found == [True, False, False, True, True, False]


def test_blocks() -> None:
    text = """
    a:53, b
    {
        p 1 2 {
            o x # y
            q { r }
        }
        t
    }
    c,
    d { s }
    """
    assert parse(text) == (
        ParsedBlock(
            (Token("a:53", 2, True), Token("b", 2, False)),
            (
                Directive(
                    "p",
                    ("1", "2"),
                    4,
                    (Directive("o", ("x",), 5), Directive("q", (), 6, (Directive("r", (), 6),))),
                ),
                Directive("t", (), 8),
            ),
        ),
        ParsedBlock((Token("c", 10, True), Token("d", 11, True)), (Directive("s", (), 11),)),
    )


def test_one_block_without_braces() -> None:
    (block,) = parse(".:53\n\np 1\nq {\n o\n}\n")
    assert [plugin.name for plugin in block.plugins] == ["p", "q"]
    assert parse("a b") == (ParsedBlock((Token("a", 1, True), Token("b", 1, False)), ()),)


MISTAKES = [
    ("", 1, "there is no server block, as `.:53 { ... }`"),
    ("# nothing\n", 1, "there is no server block, as `.:53 { ... }`"),
    ("\n{\n}", 2, "a zone was expected, as `.:53`, not `{`"),
    ("a,", 1, "a zone was expected, as `.:53`, not the end"),
    ("a,\n{ }", 2, "a zone was expected, as `.:53`, not `{`"),
    ("a {\n}\nb\np\n", 3, "a `{` was expected after b"),
    ("\na {\n p {\n }", 2, "this `{` has no counterpart"),
    ("a {\n p {\n", 2, "this `{` has no counterpart"),
    ("a\np\n}", 3, "this `}` has no counterpart"),
    ("a {\n}\n}", 3, "a `{` was expected after }"),
    ("a {\n p\n {\n }\n}", 3, "this `{` follows no plugin: put it at the end of the line before"),
    ('a {\n p "x\n}', 2, "a quote is opened here and not closed"),
    ("a {\n\n import none\n}", 3, "none: cannot be read: No such file or directory"),
    ("a {\n import *a*\n}", 2, "*a*: one `*` or `?` in the file's name was expected"),
    ("a {\n import */a\n}", 2, "*/a: one `*` or `?` in the file's name was expected"),
    ("a {\n import\n}", 2, "`import FILE`, or the name of a snippet, was expected"),
    ('a {\n import ""\n}', 2, "`import FILE`, or the name of a snippet, was expected"),
    ("(x) {\n}", 1, "there is no server block, as `.:53 { ... }`"),
    ("(x)\na { }", 1, "a `{` was expected after (x)"),
    ("(x) {\n p {\n }", 1, "this `{` has no counterpart"),
    ("(x) { }\n(x) { }\n", 2, "the snippet (x) is there already"),
    ("(x) { import x }\na { import x }\n", 1, "more than 1000 imports: does a file import itself?"),
    ("(x) {\n p {args.1}\n}\na { import x b }\n", 2, "{args.1}: the `import` has 1 arguments"),
    ("a { " * 9, 1, "more than 8 braces in each other"),
    ("a\n" + "p\n" * 10_000, 10_001, "more than 10000 words"),
    ("x" * (tokenizer.MAX_CHARACTERS + 1), 1, "more than 1048576 characters"),
]


@pytest.mark.parametrize(("text", "line", "said"), MISTAKES)
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(CorefileError) as raised:
        parse(text)
    assert (raised.value.line, str(raised.value)) == (line, said)


KEYS = [
    (".", "dns .  53"),
    (".:53", "dns . 53"),
    (":1053", "dns . 1053"),
    ("Example.ORG.:54", "dns example.org 54"),
    ("tls://example.org", "tls example.org 853"),
    ("https://.", "https . "),
    ("10.0.0.0/8", "dns 10.in-addr.arpa 53"),
    ("10.0.0.0/15:54", "dns 0.10.in-addr.arpa,1.10.in-addr.arpa 54"),
    ("0.0.0.0/0", "dns in-addr.arpa 53"),
    ("2001:db8::/32", "dns 8.b.d.0.1.0.0.2.ip6.arpa 53"),
    ("192.0.2.1/32", "dns 1.2.0.192.in-addr.arpa 53"),
]


@pytest.mark.parametrize(("text", "wanted"), KEYS)
def test_keys(text: str, wanted: str) -> None:
    found = block_keys.parse_block_key(text)
    assert f"{found.scheme} {','.join(found.zones)} {found.port}".split() == wanted.split()


NETWORKS = [
    ("in-addr.arpa", "0.0.0.0/0"),
    ("ip6.arpa", "::/0"),
    ("10.in-addr.arpa", "10.0.0.0/8"),
    ("1.2.0.192.in-addr.arpa", "192.0.2.1/32"),
    ("8.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::/32"),
    ("0.10.in-addr.arpa 1.10.in-addr.arpa ip6.arpa 8.ip6.arpa", "10.0.0.0/15 ::/0"),
]


@pytest.mark.parametrize(("zones", "wanted"), NETWORKS)
def test_networks_of_reverse_zones(zones: str, wanted: str) -> None:
    assert " ".join(map(str, block_keys.reverse_networks(zones.split()))) == wanted


@pytest.mark.parametrize(
    "zone", ["300.in-addr.arpa", "1.1.1.1.1.in-addr.arpa", "x.ip6.arpa", "10.ip6.arpa", "_.in-addr.arpa"]
)
def test_reverse_zones_that_are_none(zone: str) -> None:
    with pytest.raises(ValueError, match="is no reverse zone, as 10"):
        list(block_keys.reverse_networks([zone]))
