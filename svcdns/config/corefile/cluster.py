"""`kubernetes`: which names of the cluster are answered, and how.

What has no equal: other ways to the API server than a kubeconfig, zonal and multicluster names, and that
a name of the cluster's own zone goes on to other plugins (`fallthrough`).
"""

from svcdns import reverse_zones
from svcdns.config.corefile import keys, scope
from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Named, Translation, only

_WORDS = ("pods", "ttl")
_SWITCHES = {"endpoint_pod_names": "endpoint_pod_names", "noendpoints": "no_endpoints"}
_SELECTORS = ("labels", "namespace_labels")
_DEFAULTS = {"ttl": "5", "pods": "disabled"}

_KUBECONFIG = "the API server's address and credentials stand in a kubeconfig"
_UNSUPPORTED = {
    "endpoint": _KUBECONFIG,
    "tls": _KUBECONFIG,
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


def kubernetes(block: Scope, plugin: Directive, found: Translation) -> None:
    """Zones, then options, then CoreDNS's defaults for those that are not there."""
    zones = block.zones_or_own(plugin, plugin.args, found)
    _zones(plugin, zones, found)
    for option in plugin.body:
        _option(option, found)
        if option.name == "fallthrough":
            _fallthrough(block, option, zones, found)
    given = {option.name for option in plugin.body}
    for name, value in _DEFAULTS.items():
        if name not in given:
            found.put(plugin, name, value, implied=True)
    if "fallthrough" not in given:
        _close_reverse(plugin, zones, found)


def _zones(plugin: Directive, zones: tuple[str, ...], found: Translation) -> None:
    reverse = [zone for zone in zones if reverse_zones.is_reverse(zone)]
    found.add(plugin, "zone", *(zone for zone in zones if zone not in reverse))
    try:
        found.add(plugin, "reverse_zones", *map(str, keys.networks(reverse)))
    except ValueError as error:
        found.wrong(plugin, error)
    if not found.values["zone"]:
        found.wrong(plugin, "a zone for names is needed, as cluster.local")


def _option(option: Directive, found: Translation) -> None:
    name = option.name
    if name in _WORDS:
        found.put(option, name, only(option.args))
    elif name in _SWITCHES:
        found.put(option, _SWITCHES[name], "true")
    elif name in _SELECTORS:
        found.put(option, name, " ".join(option.args))
    elif name == "namespaces":
        found.add(option, "namespaces", *option.args)
    elif name == "kubeconfig" and option.args:
        for setting, value in zip(("kubeconfig", "context"), option.args, strict=False):
            found.put(option, setting, value)
    elif name == "ignore" and option.args == ("empty_service",):
        found.put(option, "ignore_empty_service", "true")
    elif name in _NOT_NEEDED:
        found.note(option, f"not needed: {_NOT_NEEDED[name]}")
    elif name != "fallthrough":
        found.unsupported(option, _UNSUPPORTED.get(name, "left out"))


def _fallthrough(block: Scope, option: Directive, zones: tuple[str, ...], found: Translation) -> None:
    """Reverse names may go on to `forward`, those of the cluster's zone never do."""
    through = scope.zones(option, option.args, found) or (".",)
    _close_reverse(option, tuple(zone for zone in zones if not scope.covers(through, zone)), found)
    own = next(
        (zone for zone in zones if not reverse_zones.is_reverse(zone) and scope.covers(through, zone)), None
    )
    if own and any(block.named(name) for name in ("forward", "file", "auto")):
        found.differs(option, f"a name of {own} that does not exist is NXDOMAIN, and goes on nowhere")


def _close_reverse(at: Named, zones: tuple[str, ...], found: Translation) -> None:
    """Without fall-through nobody else is asked for addresses that the cluster does not know."""
    for zone in zones:
        if reverse_zones.is_reverse(zone):
            found.closed[zone] = (at, None)
