"""All server blocks of a Corefile together, as settings of ours."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from svcdns.config import explain
from svcdns.config.corefile import caching, forwarding, keys, parser, plugins, serving
from svcdns.config.corefile.lexer import CorefileError
from svcdns.config.corefile.parser import Block, Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Corefile, Remark, Translation
from svcdns.config.document import Document

MAX_REMARKS = 200


def translate(
    text: str, path: Path, above: int, environ: Mapping[str, str], everywhere: tuple[str, ...]
) -> Corefile:
    """The settings of a text that has `above` lines of its file above it.

    `everywhere` are the addresses that mean all of this machine's. Raises nothing.
    """
    found = Translation(everywhere)
    try:
        parsed = parser.parse(text, environ)
        _blocks(parsed.blocks, found)
        for one in parsed.imports:
            _say(one, found)
    except CorefileError as error:
        found.errors.append(Remark(error.line, str(error)))
    lines = {place: line + above for place, line in found.lines.items()}
    return Corefile(
        Document(path, found.values, lines),
        frozenset(found.implied),
        *(tuple(_in_order(remarks, above)) for remarks in (found.remarks, found.errors)),
    )


def _in_order(remarks: list[Remark], above: int) -> Iterator[Remark]:
    """The first ones: who has more, has written another kind of file."""
    for remark in sorted(dict.fromkeys(remarks), key=lambda one: one.line)[:MAX_REMARKS]:
        yield Remark(remark.line + above, remark.text, remark.harmless)


def _blocks(written: tuple[Block, ...], found: Translation) -> None:
    """The block for all names comes first: its settings count where there can be only one."""
    blocks = [scope for block in written if (scope := _scope(block, found))]
    blocks.sort(key=lambda block: "." not in block.zones)
    serving.listen(blocks, found)
    for name, translate_plugin in plugins.TRANSLATED.items():
        for block in blocks:
            for plugin in block.named(name):
                translate_plugin(block, plugin, found)
    if "zone" not in found.values:
        nowhere = Directive("kubernetes", (), 1)
        found.differs(nowhere, f"there is none, but names of {found.zones[0]} are answered all the same")
    for block in blocks:
        caching.cache(block, found)
        _nobody_is_asked(block, found)
        for plugin in block.plugins:
            _say(plugin, found)
    serving.logs(blocks, found)
    forwarding.close(found)


def _scope(block: Block, found: Translation) -> Scope | None:
    read = []
    for text, line in block.keys:
        try:
            read.append(keys.key(text))
        except ValueError as error:
            found.wrong(Directive(text, (), line), error)
    zones = tuple(dict.fromkeys(zone for key in read for zone in key.zones))
    return Scope(block.keys[0][0], block.line, tuple(read), zones, block.plugins) if zones else None


def _nobody_is_asked(block: Scope, found: Translation) -> None:
    """A block without `forward` keeps its names from the servers of a wider one."""
    if not block.named("forward"):
        for zone in block.zones:
            found.closed.setdefault(zone, (block, None))


def _say(plugin: Directive, found: Translation) -> None:
    """What is not done, and why."""
    name = plugin.name
    if name in plugins.REFUSED:
        found.wrong(plugin, f"not supported: {plugins.REFUSED[name]}")
    elif name in plugins.NOTED:
        found.note(plugin, plugins.NOTED[name])
    elif name in plugins.UNSUPPORTED:
        found.unsupported(plugin, plugins.UNSUPPORTED[name])
    elif name not in plugins.DONE:
        near = explain.did_you_mean(name[:40], plugins.known())
        found.unsupported(plugin, f"left out; did you mean {near}?" if near else "left out")
