"""`template`: those that say that there are no AAAA records; others are programs, and not run."""

from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import Translation, single_argument

_MATCH_ALL_PATTERNS = (".", ".*", "(.*)", "^.*$", "^(.*)$", "^.*", ".*$")
_ALLOWED_OPTIONS = ("rcode", "match", "authority", "fallthrough", "upstream", "ederror")
"""Options that change nothing in an answer without records."""


def translate_template(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `template IN AAAA [ZONES] { rcode NOERROR }`, which is the AAAA filter."""
    rrclass, rrtype = (*plugin.args, "", "")[:2]
    rcode = next(
        (single_argument(option.args) for option in plugin.options if option.name == "rcode"), "NOERROR"
    )
    every_name = all(
        set(option.args) <= set(_MATCH_ALL_PATTERNS) for option in plugin.options if option.name == "match"
    )
    fits = rrclass in ("IN", "ANY") and rrtype == "AAAA" and rcode in ("NOERROR", "NXDOMAIN")
    if not fits or not every_name or any(option.name not in _ALLOWED_OPTIONS for option in plugin.options):
        translation.report_unsupported(plugin, "only `template IN AAAA [ZONES] { rcode NOERROR }` is")
        return

    translation.add_values(
        plugin, "filter_aaaa", *block.zones_or_default(plugin, plugin.args[2:], translation)
    )
    if rcode == "NXDOMAIN":
        translation.report_note(plugin, "NXDOMAIN would hide the name's A record too: answered as NOERROR")
