"""`kubernetes`: which names of the cluster are answered, and how.

These have no equivalent: other ways to the API server than a kubeconfig, zonal and multicluster names, and
passing names of the cluster's own zone on to other plugins (`fallthrough`).
"""

from svcdns import reverse_zones
from svcdns.config.corefile import block_keys, server_block
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import NamedLine, Translation, single_argument

_SAME_NAME_OPTIONS = ("pods", "ttl")
_SWITCH_OPTIONS = {"endpoint_pod_names": "endpoint_pod_names", "noendpoints": "no_endpoints"}
_SELECTOR_OPTIONS = ("labels", "namespace_labels")
_COREDNS_DEFAULTS = {"ttl": "5", "pods": "disabled"}

_USE_KUBECONFIG = "the API server's address and credentials stand in a kubeconfig"
_UNSUPPORTED = {
    "endpoint": _USE_KUBECONFIG,
    "tls": _USE_KUBECONFIG,
    "zonal": "names of topology zones do not exist",
    "multicluster": "names of other clusters do not exist",
    "transfer": "zone transfers are refused",
}
_LISTED_ONCE = "each kind is listed once, in pages, and then watched"
_NOT_NEEDED = {
    "apiserver_qps": _LISTED_ONCE,
    "apiserver_burst": _LISTED_ONCE,
    "apiserver_max_inflight": _LISTED_ONCE,
    "startup_timeout": "answers begin with the first list, or at once from the stored table",
    "resyncperiod": "what is known is compared with the API server's list now and then",
    "upstream": "a CNAME is always followed",
}


def translate_kubernetes(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate the zones, then the options, then CoreDNS's defaults for options that are missing."""
    zones = block.zones_or_default(plugin, plugin.args, translation)
    _add_zones(plugin, zones, translation)
    for option in plugin.options:
        _translate_option(option, translation)
        if option.name == "fallthrough":
            _translate_fallthrough(block, option, zones, translation)

    option_names = {option.name for option in plugin.options}
    for name, value in _COREDNS_DEFAULTS.items():
        if name not in option_names:
            translation.set_value(plugin, name, value, is_coredns_default=True)

    if "fallthrough" not in option_names:
        _exclude_reverse_zones(plugin, zones, translation)


def _add_zones(plugin: Directive, zones: tuple[str, ...], translation: Translation) -> None:
    reverse = [zone for zone in zones if reverse_zones.is_reverse(zone)]
    translation.add_values(plugin, "zone", *(zone for zone in zones if zone not in reverse))
    try:
        translation.add_values(plugin, "reverse_zones", *map(str, block_keys.reverse_networks(reverse)))
    except ValueError as error:
        translation.report_error(plugin, error)

    if not translation.values["zone"]:
        translation.report_error(plugin, "a zone for names is needed, as cluster.local")


def _translate_option(option: Directive, translation: Translation) -> None:
    name = option.name
    if name in _SAME_NAME_OPTIONS:
        translation.set_value(option, name, single_argument(option.args))
    elif name in _SWITCH_OPTIONS:
        translation.set_value(option, _SWITCH_OPTIONS[name], "true")
    elif name in _SELECTOR_OPTIONS:
        translation.set_value(option, name, " ".join(option.args))
    elif name == "namespaces":
        translation.add_values(option, "namespaces", *option.args)
    elif name == "kubeconfig" and option.args:
        for setting, value in zip(("kubeconfig", "context"), option.args, strict=False):
            translation.set_value(option, setting, value)
    elif name == "ignore" and option.args == ("empty_service",):
        translation.set_value(option, "ignore_empty_service", "true")
    elif name in _NOT_NEEDED:
        translation.report_note(option, f"not needed: {_NOT_NEEDED[name]}")
    elif name != "fallthrough":
        translation.report_unsupported(option, _UNSUPPORTED.get(name, "left out"))


def _translate_fallthrough(
    block: ServerBlock, option: Directive, zones: tuple[str, ...], translation: Translation
) -> None:
    """Translate `fallthrough`: reverse names may go on to `forward`, names of the cluster's zone never do."""
    through = server_block.read_zones(option, option.args, translation) or (".",)
    _exclude_reverse_zones(
        option, tuple(zone for zone in zones if not server_block.contains_name(through, zone)), translation
    )
    own = next(
        (
            zone
            for zone in zones
            if not reverse_zones.is_reverse(zone) and server_block.contains_name(through, zone)
        ),
        None,
    )

    if own and any(block.plugins_named(name) for name in ("forward", "file", "auto")):
        translation.report_difference(
            option, f"a name of {own} that does not exist is NXDOMAIN, and goes on nowhere"
        )


def _exclude_reverse_zones(cause: NamedLine, zones: tuple[str, ...], translation: Translation) -> None:
    """Forward no reverse name that the cluster does not know, as CoreDNS does without `fallthrough`."""
    for zone in zones:
        if reverse_zones.is_reverse(zone):
            translation.excluded_suffixes[zone] = (cause, None)
