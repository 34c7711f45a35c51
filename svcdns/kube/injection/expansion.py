"""`$(NAME)` in the `env`, `command` and `args` of a container, as the kubelet replaces it.

Source: kubernetes third_party/forked/golang/expansion.
"""

import re
from collections.abc import Callable

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^)]*)\))")


def expand_references(text: str, value_of: Callable[[str], str | None]) -> str:
    """The text with each reference replaced; one that `value_of` does not know stays as it is.

    `$$` is a `$`, so `$$(NAME)` is the text `$(NAME)`. What a value says is not expanded again.
    """

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        value = value_of(match[2])
        return match[0] if value is None else value

    end = _end_of_last_reference(text)
    return _REFERENCE.sub(replace, text[:end]) + text[end:].replace("$$", "$")


def find_references(text: str) -> list[str]:
    """The names that the text refers to, in their order."""
    return [match[2] for match in _REFERENCE.finditer(text, 0, _end_of_last_reference(text)) if not match[1]]


def _end_of_last_reference(text: str) -> int:
    """Behind the last `)`: no reference ends later, and each `$(` there would look for its end in vain."""
    return text.rfind(")") + 1
