"""Texts from outside (objects, files, replies, errors of libraries), made safe for a terminal and for a line.

Names of objects may have any characters, for whoever writes a manifest or the API server. Some move a
terminal's cursor or set its title (ESC, the C1 controls), some reverse what is read (U+202E), and a line feed
makes a line that looks like one of ours.
"""

import re

_UNPRINTABLE_IN_JSON = re.compile(r"[^\n\x20-\x7e]")


def escape(text: str) -> str:
    r"""The text on one line; what does not print is written as in Python: `\n`, `\x1b`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def escape_lines(text: str) -> str:
    """The same for a text whose lines and tabs are ours."""
    return "\n".join("\t".join(map(escape, line.split("\t"))) for line in text.split("\n"))


def escape_json(text: str) -> str:
    r"""JSON of the same meaning, in which each unprintable character is `\uXXXX` (RFC 8259 7).

    Line feeds between values stay. Encoders escape only the C0 controls.
    """
    return text if text.isprintable() else _UNPRINTABLE_IN_JSON.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    character = match[0]
    if character.isprintable():
        return character

    # Above U+FFFF, two surrogates. A lone surrogate stays itself.
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
