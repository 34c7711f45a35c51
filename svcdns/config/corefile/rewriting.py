r"""`rewrite`: rules for names. The answer always has the name that was asked for.

CoreDNS matches texts that end with a dot, ours are names without it; its patterns match a part of the
text and make the whole name, ours match all of it:

    suffix .a b     (.+)\.a -> {1}.b         prefix a b      a\.(.*) -> b.{1}
    suffix a b      suffix a b, by labels    substring a b   (.*?)a\.(.*) -> {1}b.{2}
    regex p         .*?(?:p).*, less where p says how it begins and ends
"""

import re

from svcdns.config import patterns, rewrites
from svcdns.config.corefile import scope
from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Translation

_KINDS = ("exact", "suffix", "prefix", "substring", "regex")
_LITERAL = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\([^()]*\)")
_ANY_BEGIN = re.compile(r"\^|\(?\.[*+]")
_ANY_END = re.compile(r"(?<!\\)\.[*+]\)?\Z")
_DOT_END = re.compile(r"(?:\\\.\??|\[\.\]\??|\(\\\.\)\?|(?<!\\)\.\??)\$\Z")
"""Ways to write that the name ends there."""


def rewrite(block: Scope, plugin: Directive, found: Translation) -> None:
    """Read `[continue|stop] name [KIND] FROM TO [answer ...]`; other fields are not rewritten."""
    words = [*plugin.args, *(word for option in plugin.body for word in (option.name, *option.args))]
    mode = words.pop(0) if words[:1] in (["continue"], ["stop"]) else "stop"
    if not words:
        found.wrong(plugin, "a rule was expected, as `rewrite name FROM TO`")
        return
    if words[0] != "name":
        _other(plugin, words, found)
        return
    kind = words.pop(1) if len(words) > 3 and words[1] in _KINDS else "exact"
    if len(words) < 3:
        found.wrong(plugin, "`rewrite name [KIND] FROM TO` was expected")
        return
    if mode == "continue" and plugin != block.named("rewrite")[-1]:
        found.unsupported(plugin, "continue: the first rule that matches counts")
    _name(block, plugin, kind, words[1:], found)


def _other(plugin: Directive, words: list[str], found: Translation) -> None:
    if words == ["type", "ANY", "HINFO"]:
        found.note(plugin, "not needed: ANY is answered with one record set (RFC 8482)")
    else:
        found.unsupported(plugin, f"{words[0]}: only names are rewritten")


def _name(block: Scope, plugin: Directive, kind: str, words: list[str], found: Translation) -> None:
    source, target, *answer = words
    try:
        rules = [str(rewrites.rewrite(rule)) for rule in _rules(kind, source, target)]
    except ValueError as error:
        found.differs(plugin, f"left out: {error}")
        return
    found.add(plugin, "rewrite", *rules)
    if "value" in answer:
        found.unsupported(plugin, "answer value: what records say stays as it is")
    elif kind != "exact" and answer not in (["answer", "auto"], ["answer", "name", "auto"]):
        found.note(plugin, "answer: the answer always has the name that was asked for")
    by_name = kind in ("exact", "suffix") and scope.covers(block.zones, source.lower().strip("."))
    if "." not in block.zones and not by_name:
        found.differs(plugin, "for all names, not only those of this server block")


def _rules(kind: str, source: str, target: str) -> list[str]:
    """The same as rules of ours; raises ValueError."""
    target = target.lower().removesuffix(".")
    if kind == "regex":
        return [f"regex {_pattern(source)} {target}"]
    source = source.lower().removesuffix(".")
    quoted = re.escape(source)
    if kind == "prefix":
        return [rf"regex {quoted}\.(.*) {target}.{{1}}"]
    if kind == "substring":
        return [rf"regex (.*?){quoted}\.(.*) {{1}}{target}.{{2}}", f"regex (.*?){quoted} {{1}}{target}"]
    if kind == "suffix" and source.startswith("."):
        return [f"regex (.+){quoted} {{1}}{target}"]
    return [f"{kind} {source or '.'} {target or '.'}"]


def _pattern(pattern: str) -> str:
    """For the whole name, what CoreDNS looks for in a text that ends with a dot; raises ValueError."""
    pattern = pattern.removeprefix("(?i)")  # case never counts
    patterns.check(pattern)
    if _has_alternatives(pattern):
        raise ValueError(f"{pattern!r}: alternatives stand in parentheses, as (a|b)")
    begin = "" if _ANY_BEGIN.match(pattern) else ".*?"
    core = pattern.removeprefix("^")
    if found := _DOT_END.search(core):
        return begin + core[: found.start()]
    if not core.endswith(r"\.") and patterns.ends_with_dot(core.removesuffix("$")):
        raise ValueError(
            rf"{pattern!r}: the last dot stands within a group: write it behind, as (.+\.a)\. for (.+\.a\.), "
            "and in the new name {1}. for {1}, unless that stands last"
        )
    if core.endswith("$") or _ANY_END.search(core):
        if not _ANY_END.search(core.removesuffix("$")):
            raise ValueError(f"{pattern!r} matches nothing in CoreDNS, whose names end with a dot")
        return begin + core.removesuffix("$")
    if core.endswith(r"\."):
        return begin + core.removesuffix(r"\.") + r"(?:\..*)?"
    return begin + core.removesuffix(".") + ".*"


def _has_alternatives(pattern: str) -> bool:
    """Outside of parentheses."""
    rest, inner = _LITERAL.sub("", pattern), 1
    while inner:
        rest, inner = _GROUP.subn("", rest)
    return "|" in rest
