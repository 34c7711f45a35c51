"""Words of a Corefile, with their lines."""

import pytest

from svcdns.config.corefile import tokenizer
from svcdns.config.corefile.tokenizer import CorefileError, Token, UnsetVariable


def test_words_quotes_comments_and_variables() -> None:
    text = '\ufeff.:53 { # a comment\n  log "two words \\"x\\"" {$HOME}{%ZONE%}#more\n}'
    assert list(tokenizer.tokenize(text, {"HOME": "/h", "ZONE": "a.b"}, [])) == [
        Token(".:53", 1, True),
        Token("{", 1, False),
        Token("log", 2, True),
        Token('two words "x"', 2, False),
        Token("/ha.b", 2, False),
        Token("}", 3, True),
    ]


def test_a_variable_that_is_not_set_is_empty() -> None:
    unset: list[UnsetVariable] = []
    words = [word.text for word in tokenizer.tokenize("a\n x{$X}y {%Z%}", {}, unset)]
    assert words == ["a", "xy", ""]
    assert unset == [UnsetVariable(2, "X"), UnsetVariable(2, "Z")]


def test_an_open_quote_has_its_line() -> None:
    with pytest.raises(CorefileError, match="a quote is opened here and not closed") as raised:
        list(tokenizer.tokenize('a\n"b', {}, []))
    assert raised.value.line == 2
