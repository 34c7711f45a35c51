"""What a pattern of a rewrite rule must fulfil, beside being one of RE2; read with the settings.

RE2 takes time in proportion to the size of a pattern's program, so the programs are bounded. What would
be read as something else than it was meant is refused: RE2 takes `{,3}` for these four characters.
"""

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from svcdns import name_patterns

MAX_PATTERN_LENGTH = 255
"""Characters."""
MAX_PROGRAM_SIZE = 1000
"""Instructions of one pattern. On the longest name, 2,300 of them took 5 ms."""
MAX_TOTAL_SIZE = 32_000
"""Instructions of all patterns together: 1,000 rules as `([^.]+)\\.db\\.corp\\.example` have 30,000."""

ESCAPE_OR_SET = re.compile(
    r"\\x[0-9a-fA-F]{2}|\\x\{[0-9a-fA-F]+\}|\\[pP]\{\^?\w+\}|\\.|\[\^?\]?(?:\\.|[^]\\])*\]", re.DOTALL
)
"""What stands for one character: `|`, `(` or `{` within it means itself."""

# RE2 reads repeats with more digits than it has numbers for as text, and those over 1000 as a mistake.
_LITERAL_BRACE = re.compile(r"\{(?!\d{1,4}(?:,\d{0,4})?\})")
_PERL_ONLY = re.compile(r"perl operator|invalid escape sequence: \\[1-9]")

_TOKEN = re.compile(
    rf"{ESCAPE_OR_SET.pattern}"
    r"|(?P<flags>\(\?[a-zA-Z-]+\))|(?P<open>\((?:\?P?<\w+>|\?[a-zA-Z-]*:)?)"
    r"|(?P<repeat>[*+?]\??|\{\d+(?:,\d*)?\}\??)|.",
    re.DOTALL,
)
_DOT = re.compile(r"\\\.|\[(?:\\?\.)+\]|\\x2e", re.IGNORECASE)
_NO_CHARACTER = ("^", "$", r"\A", r"\z", r"\b", r"\B")
_MAY_BE_ABSENT = ("*", "?", "{0")


class CheckedPattern(NamedTuple):
    """A pattern that may be tried on any name."""

    groups: int
    program_size: int
    """Instructions of RE2."""


@functools.lru_cache(maxsize=1024)
def check_pattern(pattern: str) -> CheckedPattern:
    """Raises ValueError where it is no pattern, or one that is too large."""
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise ValueError(
            f"a pattern has at most {MAX_PATTERN_LENGTH} characters, this one has {len(pattern)}"
        )

    if _LITERAL_BRACE.search(ESCAPE_OR_SET.sub("", pattern)):
        raise ValueError(
            rf"{pattern!r}: a repeat is written as {{2}}, {{2,}} or {{0,2}}, and the character as \{{"
        )

    try:
        compiled = name_patterns.NamePattern(pattern)
    except ValueError as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}{_advice(str(error))}") from None

    if compiled.program_size > MAX_PROGRAM_SIZE:
        raise ValueError(
            f"{pattern!r} may take too long on some names: it has {compiled.program_size} steps for each "
            f"character, and at most {MAX_PROGRAM_SIZE} are allowed. Write + for large or nested repeats"
        )

    return CheckedPattern(compiled.groups, compiled.program_size)


def _advice(reason: str) -> str:
    if not _PERL_ONLY.search(reason):
        return ""
    return ". As in CoreDNS, the syntax is RE2's, without look-ahead, look-behind and back-references"


def check_together(patterns: Sequence[str]) -> None:
    """Whether so many patterns can be served; raises ValueError."""
    total = sum(check_pattern(pattern).program_size for pattern in patterns)
    if total > MAX_TOTAL_SIZE:
        raise ValueError(
            f"all patterns together would take too long on some names: they have {total} steps for each "
            f"character, and at most {MAX_TOTAL_SIZE} are allowed. Write exact and suffix rules where they do"
        )

    # The last word on memory is RE2's: what it cannot hold must not reach a worker.
    if patterns:
        name_patterns.PatternSet(patterns)


def ends_with_dot(pattern: str) -> bool:
    """Whether each match of a pattern that `check_pattern` lets pass does, as far as its text shows it.

    Names are tried without their last dot, so that such a pattern would never match.
    """
    outer: list[tuple[bool, bool]] = []
    branches_end = True  # all alternatives before, at this depth
    ends = False  # the alternative so far

    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if token["flags"] or text in _NO_CHARACTER:
            continue

        if token["open"]:
            outer.append((branches_end, ends))
            branches_end, ends = True, False
        elif text == "|":
            branches_end, ends = branches_end and ends, False
        elif text == ")":
            ends = branches_end and ends
            branches_end, _ = outer.pop()
        elif token["repeat"]:
            ends = ends and not text.startswith(_MAY_BE_ABSENT)
        else:
            ends = _DOT.fullmatch(text) is not None

    return branches_end and ends
