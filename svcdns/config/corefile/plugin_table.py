"""Which plugins are translated, harmless, unsupported or refused. Any other plugin gets a remark."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from svcdns.config.corefile import (
    file_plugins,
    forward_plugin,
    kubernetes_plugin,
    rewrite_plugin,
    server_plugins,
    template_plugin,
)
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import Translation

PluginTranslator: TypeAlias = Callable[[ServerBlock, Directive, Translation], None]

TRANSLATORS: Mapping[str, PluginTranslator] = {
    "kubernetes": kubernetes_plugin.translate_kubernetes,
    "rewrite": rewrite_plugin.translate_rewrite,
    "template": template_plugin.translate_template,
    "hosts": file_plugins.translate_hosts,
    "file": file_plugins.translate_file,
    "auto": file_plugins.translate_auto,
    "forward": forward_plugin.translate_forward,
    "tls": server_plugins.translate_tls,
    "health": server_plugins.translate_http,
    "ready": server_plugins.translate_http,
    "prometheus": server_plugins.translate_http,
    "loadbalance": server_plugins.translate_loadbalance,
}
"""In the order of translation: `kubernetes` comes before `forward`, which must know the cluster's zones."""

SUPPORTED = frozenset((*TRANSLATORS, "bind", "cache", "errors", "log", "loop", "reload", "local"))
"""Also plugins that are translated for all blocks together, or say what svcdns does anyway."""

HARMLESS: Mapping[str, str] = {
    "any": "ANY is answered with one record set (RFC 8482)",
    "bufsize": "answers over UDP have at most 1232 bytes, or less where the client says so",
    "cancel": "each question has its deadline",
    "chaos": "version.bind says svcdns",
    "debug": "--log-level debug logs more",
    "dnstap": "left out",
    "geoip": "left out",
    "metadata": "left out",
    "minimal": "an address that a record leads to stays beside it",
    "multisocket": "each worker has its sockets; --workers sets how many",
    "nsid": "left out",
    "pprof": "left out",
    "timeouts": "connections have deadlines",
    "trace": "left out",
}
"""Plugins that change no answer, with the text of the note."""

UNSUPPORTED: Mapping[str, str] = {
    "autopath": "the search path is the client's; each NXDOMAIN on it costs one look-up in a table",
    "dns64": "no IPv6 addresses are made up",
    "dnssec": "answers are not signed",
    "root": "paths are as they are written: give them whole",
    "sign": "zones are not signed",
    "transfer": "zone transfers are refused",
}

REFUSED: Mapping[str, str] = {
    "acl": "svcdns would answer everybody: let a NetworkPolicy say who may ask, and leave it out here",
    "tsig": "svcdns would answer everybody: let a NetworkPolicy say who may ask, and leave it out here",
    "view": "all clients get the same answers: leave out this server block",
}
"""Plugins that keep clients from answers. Without them, clients would learn what they must not."""


def plugin_names() -> tuple[str, ...]:
    """All names in these tables."""
    return (*SUPPORTED, *HARMLESS, *UNSUPPORTED, *REFUSED)
