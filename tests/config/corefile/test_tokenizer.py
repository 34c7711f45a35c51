"""Words of a Corefile, with their lines."""

import pytest

from svcdns.config.corefile import tokenizer
from svcdns.config.corefile.tokenizer import CorefileError, Token


def test_words_quotes_comments_and_variables() -> None:
    text = '\ufeff.:53 { # a comment\n  log "two words \\"x\\"" {$HOME}{%ZONE%}#more\n}'
    assert list(tokenizer.tokenize(text, {"HOME": "/h", "ZONE": "a.b"})) == [
        Token(".:53", 1, True),
        Token("{", 1, False),
        Token("log", 2, True),
        Token('two words "x"', 2, False),
        Token("/ha.b", 2, False),
        Token("}", 3, True),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('a\n"b', 2, "a quote is opened here and not closed"),
        ("a\n\n{$X}", 3, "the environment variable X is not set"),
    ],
)
def test_a_mistake_has_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(CorefileError, match=message) as raised:
        list(tokenizer.tokenize(text, {}))
    assert raised.value.line == line
