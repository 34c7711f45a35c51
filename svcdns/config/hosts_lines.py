"""Tells a hosts file from a line of one, where both are a setting.

What is wrong in a line costs that line, as in a file. So it is read with the files, not here.
"""

from dataclasses import dataclass

from svcdns import addresses, value_types
from svcdns.value_types import ZonePath


@dataclass(frozen=True, slots=True)
class HostsLine:
    """The words of a line: an address and its names, perhaps with mistakes."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


def parse_file_or_line(text: str) -> ZonePath | HostsLine:
    """Read `[ZONE=]PATH`, or `ADDRESS NAME...`; the ValueError says what would be right.

    What has a blank and no folder is meant as a line: `./my hosts` is a file.
    """
    words = text.split()
    if not words:
        raise ValueError(f"{text!r} is neither a path nor a line as '192.0.2.1 web.corp.internal web'")

    first_word_is_path = "/" in words[0] or "=" in words[0]
    if addresses.parse(words[0]) or (len(words) > 1 and not first_word_is_path):
        return HostsLine(tuple(words))
    return value_types.parse_zone_path(text)
