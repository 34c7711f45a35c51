"""A Corefile's text to what it comes to, as lines that a scenario can show."""

from collections.abc import Iterator
from pathlib import Path

from svcdns.config.corefile import translator
from svcdns.config.corefile.imports import Imports
from svcdns.config.corefile.translation_state import TranslatedCorefile

EVERYWHERE = ("0.0.0.0", "::")
ENVIRON = {"UPSTREAM": "192.0.2.9", "EMPTY": ""}


def translated(text: str, above: int = 0, folder: Path = Path()) -> TranslatedCorefile:
    """The text as the file `Corefile` of a folder, with so many other lines above it."""
    imports = Imports(folder / "Corefile", ENVIRON)
    return translator.translate_corefile(text, Path("Corefile"), above, imports, EVERYWHERE)


def settings(found: TranslatedCorefile) -> Iterator[str]:
    """`line name: value`, `line name: - item`, with `~` where it is a default of CoreDNS."""
    document = found.document
    for name, value in document.values.items():
        if not isinstance(value, list):
            yield f"{document.lines[name,]} {name}: {value}{' ~' if name in found.coredns_defaults else ''}"
        elif not value:
            yield f"{document.lines[name,]} {name}: []"
        else:
            yield from (f"{document.lines[name, at]} {name}: - {item}" for at, item in enumerate(value))


def said(found: TranslatedCorefile) -> Iterator[str]:
    """`line: text`, with `note:` or `error:` before it."""
    for remark in found.errors:
        yield f"{remark.line}: error: {remark.text}"
    for remark in found.diagnostics:
        yield f"{remark.line}: {'note: ' if remark.is_harmless else ''}{remark.text}"
