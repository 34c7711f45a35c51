"""Translates all server blocks of a Corefile together."""

from collections.abc import Iterator
from pathlib import Path

from svcdns.config import error_messages
from svcdns.config.config_document import ConfigDocument
from svcdns.config.corefile import (
    block_keys,
    cache_plugin,
    corefile_parser,
    forward_plugin,
    plugin_table,
    server_plugins,
)
from svcdns.config.corefile.corefile_parser import Directive, ParsedBlock
from svcdns.config.corefile.imports import Imports
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.tokenizer import CorefileError
from svcdns.config.corefile.translation_state import (
    Diagnostic,
    TranslatedCorefile,
    Translation,
)

MAX_DIAGNOSTICS = 200


def translate_corefile(
    text: str, path: Path, line_offset: int, imports: Imports, wildcard_addresses: tuple[str, ...]
) -> TranslatedCorefile:
    """Translate a Corefile that begins `line_offset` lines below the first line of its file.

    `path` is how messages name it; `imports` reads what it imports. `wildcard_addresses` stand for all
    addresses of this machine. Raises nothing: errors are in the result.
    """
    translation = Translation(wildcard_addresses)
    try:
        blocks = corefile_parser.parse_corefile(text, imports)
        _report_unset_variables(imports, translation)
        _translate_blocks(blocks, translation)
    except CorefileError as error:
        translation.errors.append(Diagnostic(error.line, str(error)))

    lines = {place: line + line_offset for place, line in translation.lines.items()}

    return TranslatedCorefile(
        ConfigDocument(path, translation.values, lines),
        frozenset(translation.coredns_defaults),
        tuple(_sorted_diagnostics(translation.diagnostics, line_offset)),
        tuple(_sorted_diagnostics(translation.errors, line_offset)),
        tuple(imports.watched_paths),
    )


def _report_unset_variables(imports: Imports, translation: Translation) -> None:
    for line, name, origin in imports.unset_variables:
        reference = Directive(f"{{${name}}}", (), line, origin=origin)
        translation.report_difference(reference, "this environment variable is not set, so it is empty")


def _sorted_diagnostics(diagnostics: list[Diagnostic], line_offset: int) -> Iterator[Diagnostic]:
    """The first remarks by line. A file with more of them is probably no Corefile."""
    for remark in sorted(dict.fromkeys(diagnostics), key=lambda remark: remark.line)[:MAX_DIAGNOSTICS]:
        yield Diagnostic(remark.line + line_offset, remark.text, remark.is_harmless)


def _translate_blocks(parsed_blocks: tuple[ParsedBlock, ...], translation: Translation) -> None:
    """Translate the block for all names first, since its settings count where there can be only one."""
    blocks = [scope for block in parsed_blocks if (scope := _read_server_block(block, translation))]
    blocks.sort(key=lambda block: "." not in block.zones)
    server_plugins.translate_listen(blocks, translation)

    for name, translate_plugin in plugin_table.TRANSLATORS.items():
        for block in blocks:
            for plugin in block.plugins_named(name):
                translate_plugin(block, plugin, translation)

    if "zone" not in translation.values:
        nowhere = Directive("kubernetes", (), 1)
        translation.report_difference(
            nowhere, f"there is none, but names of {translation.zones[0]} are answered all the same"
        )

    for block in blocks:
        cache_plugin.translate_cache(block, translation)
        _exclude_without_forward(block, translation)
        for plugin in block.plugins:
            _report_plugin(plugin, translation)

    server_plugins.translate_logs(blocks, translation)
    forward_plugin.report_forced_tcp(blocks, translation)
    forward_plugin.add_exclusions(translation)


def _read_server_block(block: ParsedBlock, translation: Translation) -> ServerBlock | None:
    read = []
    for key in block.keys:
        try:
            read.append(block_keys.parse_block_key(key.text))
        except ValueError as error:
            translation.report_error(Directive(key.text, (), key.line, origin=key.origin), error)

    first = block.keys[0]
    zones = tuple(dict.fromkeys(zone for key in read for zone in key.zones))
    if not zones:
        return None

    plugins = tuple(
        forward_plugin.read_proxy(plugin, translation) if plugin.name == "proxy" else plugin
        for plugin in block.plugins
    )
    return ServerBlock(first.text, first.line, tuple(read), zones, plugins, first.origin)


def _exclude_without_forward(block: ServerBlock, translation: Translation) -> None:
    """Keep names of a block without `forward` from the servers of a wider block."""
    if not block.plugins_named("forward"):
        for zone in block.zones:
            translation.excluded_suffixes.setdefault(zone, (block, None))


def _report_plugin(plugin: Directive, translation: Translation) -> None:
    """Add a remark for a plugin that is not translated."""
    name = plugin.name
    if name in plugin_table.REFUSED:
        translation.report_error(plugin, f"not supported: {plugin_table.REFUSED[name]}")
    elif name in plugin_table.HARMLESS:
        translation.report_note(plugin, plugin_table.HARMLESS[name])
    elif name in plugin_table.UNSUPPORTED:
        translation.report_unsupported(plugin, plugin_table.UNSUPPORTED[name])
    elif name not in plugin_table.SUPPORTED:
        near = error_messages.did_you_mean(name[:40], plugin_table.plugin_names())
        translation.report_unsupported(plugin, f"left out; did you mean {near}?" if near else "left out")
