"""`template`: those that say that there are no AAAA records; others are programs, and not run."""

from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Translation, only

_EVERY_NAME = (".", ".*", "(.*)", "^.*$", "^(.*)$", "^.*", ".*$")
_LEFT = ("rcode", "match", "authority", "fallthrough", "upstream", "ederror")
"""Options that an answer without records may have."""


def template(block: Scope, plugin: Directive, found: Translation) -> None:
    """`template IN AAAA [ZONES] { rcode NOERROR }` is the AAAA filter."""
    rrclass, rrtype = (*plugin.args, "", "")[:2]
    rcode = next((only(one.args) for one in plugin.body if one.name == "rcode"), "NOERROR")
    every_name = all(set(one.args) <= set(_EVERY_NAME) for one in plugin.body if one.name == "match")
    fits = rrclass in ("IN", "ANY") and rrtype == "AAAA" and rcode in ("NOERROR", "NXDOMAIN")
    if not fits or not every_name or any(one.name not in _LEFT for one in plugin.body):
        found.unsupported(plugin, "only `template IN AAAA [ZONES] { rcode NOERROR }` is")
        return
    found.add(plugin, "filter_aaaa", *block.zones_or_own(plugin, plugin.args[2:], found))
    if rcode == "NXDOMAIN":
        found.note(plugin, "NXDOMAIN would hide the name's A record too: answered as NOERROR")
