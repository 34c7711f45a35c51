"""Regular expressions on names, in the syntax of RE2, as CoreDNS has it.

RE2 reads a name once, however the pattern is written: its time is at most the name's length times the
size of the pattern's program. So no client can choose a name that keeps a worker busy.

The one door of google-re2, which is loaded with the first pattern: it takes 8 ms and 2 MB, and most
servers have no patterns.
"""

from collections.abc import Sequence
from typing import Any

MAX_SET_MEMORY = 8 << 20
"""Bytes, for the automaton of all patterns. 4 MiB hold 1,000 usual patterns; a full one starts anew."""
MAX_PATTERN_MEMORY = 1 << 20
"""Bytes, for one pattern. RE2 takes a slower way where they do not suffice, with the same result."""


class NamePattern:
    """One pattern, which matches a whole name or nothing, in any case. Raises ValueError where it is none."""

    def __init__(self, source: str) -> None:
        import re2

        try:
            self._regexp = re2.compile(_ascii(source), _options(MAX_PATTERN_MEMORY))
        except re2.error as error:
            raise ValueError(_reason(error)) from None
        self.groups: int = self._regexp.groups
        self.program_size: int = self._regexp.programsize
        """Instructions: what a character of a name may cost."""

    def match_groups(self, name: str) -> tuple[str, ...] | None:
        """What the groups found in an ASCII name, "" for one without a part in it; None without a match."""
        match = self._regexp.fullmatch(name.encode("ascii"))
        return None if match is None else tuple(group.decode() for group in match.groups(b""))


class PatternSet:
    """Several patterns, of which the first counts that matches. Raises ValueError where they are too large.

    One automaton reads the name for all of them: 1,000 take 2 µs, and one after the other some 3 ms.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        import re2

        self._patterns = [NamePattern(source) for source in sources]
        self._set = re2.Set.FullMatchSet(_options(MAX_SET_MEMORY))
        for source in sources:
            self._set.Add(_ascii(source))

        try:
            self._set.Compile()
        except re2.error as error:
            raise ValueError(_reason(error)) from None

    def first_match(self, name: str) -> tuple[int, tuple[str, ...]] | None:
        """The first matching pattern's number, from 0, and what its groups found; None without a match."""
        numbers: Sequence[int] = self._set.Match(name.encode("ascii")) or ()
        if not numbers:
            return None

        first = min(numbers)
        groups = self._patterns[first].match_groups(name)
        return None if groups is None else (first, groups)


def _options(max_memory: int) -> Any:
    import re2

    options = re2.Options()
    options.case_sensitive = False
    # Names in presentation format are ASCII. With UTF-8, `.` would be ten instructions, and `k` would also
    # match the Kelvin sign.
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = max_memory
    options.log_errors = False
    return options


def _ascii(source: str) -> bytes:
    if not source.isascii():
        raise ValueError("it has a character that is in no name: only ASCII stands there")
    return source.encode()


def _reason(error: Exception) -> str:
    """RE2's own words, which are bytes."""
    reason = error.args[0]
    return reason.decode("latin-1") if isinstance(reason, bytes) else str(reason)
