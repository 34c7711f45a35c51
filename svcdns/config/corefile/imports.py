"""`import`: the words that stand in the place of a line, from a snippet or from files.

    (name) { ... }        a snippet; `import name` puts its words there
    import custom/*.conf  the words of the files, by name; a pattern that no file matches is empty

A path is relative to the folder of the file that has the line. `{args.0}` and `{args[0]}` within a snippet or
a file are the first word behind its name in the line. Source: caddyfile/parse.go of coredns/caddy.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from svcdns.config.corefile import tokenizer
from svcdns.config.corefile.tokenizer import CorefileError, Origin, Token, UnsetVariable
from svcdns.sources import filesystem

MAX_IMPORTS = 1000
"""Lines of `import` that are followed: a file may import itself."""
MAX_FILES = 1000
"""Files of one pattern."""

_WILDCARD = re.compile(r"[*?\[]")
_ARGUMENT = re.compile(r"\{args\.([0-9]{1,3})\}|\{args\[([0-9]{1,3})\]\}")


@dataclass(slots=True)
class Imports:
    """The snippets of one Corefile, and the files that it imports."""

    path: Path
    """The Corefile's own path."""
    environ: Mapping[str, str]
    watched_paths: dict[Path, None] = field(default_factory=dict)
    """Files that were read, and folders of patterns: if one changes, the Corefile may say something else."""
    unset_variables: list[UnsetVariable] = field(default_factory=list)
    _snippets: dict[str, tuple[Token, ...]] = field(default_factory=dict)
    _count: int = 0

    def define(self, name: Token, body: Iterable[Token]) -> None:
        """Keep the words of a snippet; raises CorefileError where there is one of this name."""
        if name.text in self._snippets:
            raise tokenizer.error_at(name, f"the snippet {name.text} is there already")
        self._snippets[name.text] = tuple(body)

    def expand(self, directive: Token, args: Sequence[Token]) -> list[Token]:
        """The words in the place of an `import` with its arguments; raises CorefileError."""
        if not args or not args[0].text:
            raise tokenizer.error_at(directive, "`import FILE`, or the name of a snippet, was expected")
        self._count += 1
        if self._count > MAX_IMPORTS:
            raise tokenizer.error_at(
                directive, f"more than {MAX_IMPORTS} imports: does a file import itself?"
            )

        snippet = self._snippets.get(f"({args[0].text})")
        words = self._read_files(directive, args[0].text) if snippet is None else snippet
        return [self._put_arguments(word, args[1:]) for word in words]

    def _put_arguments(self, word: Token, args: Sequence[Token]) -> Token:
        def argument(reference: re.Match[str]) -> str:
            number = int(reference[1] or reference[2])
            if number >= len(args):
                raise tokenizer.error_at(word, f"{reference[0]}: the `import` has {len(args)} arguments")
            return args[number].text

        # Most words have none, and stay the same object.
        return replace(word, text=_ARGUMENT.sub(argument, word.text)) if "{args" in word.text else word

    def _read_files(self, directive: Token, pattern: str) -> Iterator[Token]:
        folder = (directive.origin.file if directive.origin else self.path).parent
        for file in self._find_files(directive, folder, pattern):
            try:
                # A character has at most 4 bytes in UTF-8.
                text = filesystem.read_bounded(file, 4 * tokenizer.MAX_CHARACTERS).decode()
            except OSError as error:
                raise tokenizer.error_at(directive, f"{file}: cannot be read: {error.strerror}") from None
            except UnicodeDecodeError:
                raise tokenizer.error_at(directive, f"{file}: the file is not UTF-8 text") from None

            # A remark names the place in the file; the settings are those of the line that imports it.
            for word in self._tokenize(directive, file, text):
                yield replace(word, line=directive.line, origin=Origin(file, word.line))

    def _tokenize(self, directive: Token, file: Path, text: str) -> Iterator[Token]:
        unset: list[UnsetVariable] = []
        try:
            yield from tokenizer.tokenize(text, self.environ, unset)
        except CorefileError as error:
            raise CorefileError(directive.line, f"{Origin(file, error.line)}: {error}") from None
        self.unset_variables += [
            UnsetVariable(directive.line, name, Origin(file, line)) for line, name, _ in unset
        ]

    def _find_files(self, directive: Token, folder: Path, pattern: str) -> list[Path]:
        path = folder / pattern
        if not _WILDCARD.search(pattern):
            self.watched_paths[path] = None
            return [path]

        # One wildcard, in the last part: more of them could take for ever (CoreDNS has the same limit).
        if _WILDCARD.search(str(path.parent)) or len(_WILDCARD.findall(path.name)) > 1 or "[" in path.name:
            raise tokenizer.error_at(directive, f"{pattern}: one `*` or `?` in the file's name was expected")

        self.watched_paths[path.parent] = None
        files = sorted(file for file in path.parent.glob(path.name) if file.is_file())
        if len(files) > MAX_FILES:
            raise tokenizer.error_at(directive, f"{pattern}: more than {MAX_FILES} files")
        self.watched_paths |= dict.fromkeys(files)
        return files
