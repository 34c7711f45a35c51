r"""`rewrite`: rules for names. The answer always has the name that was asked for.

CoreDNS matches texts that end with a dot, ours are names without it; its patterns match a part of the
text and make the whole name, ours match all of it:

    suffix .a b     (.+)\.a -> {1}.b         prefix a b      a\.(.*) -> b.{1}
    suffix a b      suffix a b, by labels    substring a b   (.*?)a\.(.*) -> {1}b.{2}
    regex p         .*?(?:p).*, less where p says how it begins and ends
"""

import re

from svcdns.config import pattern_checks, rewrite_rules
from svcdns.config.corefile import server_block
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import Translation

_MATCH_KINDS = ("exact", "suffix", "prefix", "substring", "regex")
_INNERMOST_GROUP = re.compile(r"\([^()]*\)")
_ANCHORED_START = re.compile(r"\^|\(?\.[*+]")
_WILDCARD_END = re.compile(r"(?<!\\)\.[*+]\)?\Z")
_DOT_AT_END = re.compile(r"(?:\\\.\??|\[\.\]\??|\(\\\.\)\?|(?<!\\)\.\??)\$\Z")
"""The ways to write the last dot before the end of the name."""


def translate_rewrite(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `[continue|stop] name [KIND] FROM TO [answer ...]`; other fields are not rewritten."""
    words = [*plugin.args, *(word for option in plugin.options for word in (option.name, *option.args))]
    mode = words.pop(0) if words[:1] in (["continue"], ["stop"]) else "stop"
    if not words:
        translation.report_error(plugin, "a rule was expected, as `rewrite name FROM TO`")
        return

    if words[0] != "name":
        _translate_other_field(plugin, words, translation)
        return

    kind = words.pop(1) if len(words) > 3 and words[1] in _MATCH_KINDS else "exact"
    if len(words) < 3:
        translation.report_error(plugin, "`rewrite name [KIND] FROM TO` was expected")
        return

    if mode == "continue" and plugin != block.plugins_named("rewrite")[-1]:
        translation.report_unsupported(plugin, "continue: the first rule that matches counts")

    _translate_name(block, plugin, kind, words[1:], translation)


def _translate_other_field(plugin: Directive, words: list[str], translation: Translation) -> None:
    if words == ["type", "ANY", "HINFO"]:
        translation.report_note(plugin, "not needed: ANY is answered with one record set (RFC 8482)")
    else:
        translation.report_unsupported(plugin, f"{words[0]}: only names are rewritten")


def _translate_name(
    block: ServerBlock, plugin: Directive, kind: str, words: list[str], translation: Translation
) -> None:
    source, target, *answer = words
    try:
        rules = [str(rewrite_rules.parse_rule(rule)) for rule in _rule_texts(kind, source, target)]
    except ValueError as error:
        translation.report_difference(plugin, f"left out: {error}")
        return

    translation.add_values(plugin, "rewrite", *rules)

    if "value" in answer:
        translation.report_unsupported(plugin, "answer value: what records say stays as it is")
    elif kind != "exact" and answer not in (["answer", "auto"], ["answer", "name", "auto"]):
        translation.report_note(plugin, "answer: the answer always has the name that was asked for")

    by_name = kind in ("exact", "suffix") and server_block.contains_name(
        block.zones, source.lower().strip(".")
    )
    if "." not in block.zones and not by_name:
        translation.report_difference(plugin, "for all names, not only those of this server block")


def _rule_texts(kind: str, source: str, target: str) -> list[str]:
    """The rules of svcdns that match the same names; raises ValueError."""
    target = target.lower().removesuffix(".")
    if kind == "regex":
        return [f"regex {_anchor_pattern(source)} {target}"]

    source = source.lower().removesuffix(".")
    quoted = re.escape(source)
    if kind == "prefix":
        return [rf"regex {quoted}\.(.*) {target}.{{1}}"]
    if kind == "substring":
        return [rf"regex (.*?){quoted}\.(.*) {{1}}{target}.{{2}}", f"regex (.*?){quoted} {{1}}{target}"]
    if kind == "suffix" and source.startswith("."):
        return [f"regex (.+){quoted} {{1}}{target}"]

    return [f"{kind} {source or '.'} {target or '.'}"]


def _anchor_pattern(pattern: str) -> str:
    """A pattern of whole names, made of one that CoreDNS searches in names with a last dot.

    Raises ValueError if there is none.
    """
    # The flag is not needed, since case never counts, and would hide a `^` behind it.
    pattern = pattern.removeprefix("(?i)")
    pattern_checks.check_pattern(pattern)
    if _has_top_level_alternatives(pattern):
        raise ValueError(f"{pattern!r}: alternatives stand in parentheses, as (a|b)")

    begin = "" if _ANCHORED_START.match(pattern) else ".*?"
    core = pattern.removeprefix("^")
    if dot := _DOT_AT_END.search(core):
        return begin + core[: dot.start()]

    if not core.endswith(r"\.") and pattern_checks.ends_with_dot(core.removesuffix("$")):
        raise ValueError(
            rf"{pattern!r}: the last dot stands within a group: write it behind, as (.+\.a)\. for (.+\.a\.), "
            "and in the new name {1}. for {1}, unless that stands last"
        )

    if core.endswith("$") or _WILDCARD_END.search(core):
        if not _WILDCARD_END.search(core.removesuffix("$")):
            raise ValueError(f"{pattern!r} matches nothing in CoreDNS, whose names end with a dot")
        return begin + core.removesuffix("$")

    if core.endswith(r"\."):
        return begin + core.removesuffix(r"\.") + r"(?:\..*)?"

    return begin + core.removesuffix(".") + ".*"


def _has_top_level_alternatives(pattern: str) -> bool:
    """Whether `|` stands outside of all parentheses."""
    top_level, groups = pattern_checks.ESCAPE_OR_SET.sub("", pattern), 1
    while groups:
        top_level, groups = _INNERMOST_GROUP.subn("", top_level)
    return "|" in top_level
