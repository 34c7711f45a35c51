"""Settings of names outside the cluster that never count, as others go before them; for `svcdns check`."""

from collections.abc import Iterator

from svcdns.cluster import specification as cluster
from svcdns.config import rewrites
from svcdns.config.settings import Settings, part
from svcdns.dns import names, zone
from svcdns.sources.problems import Problem
from svcdns.sources.zonefiles import Loaded, special_use


def zones(settings: Settings, loaded: Loaded) -> Iterator[Problem]:
    """Zone files that lie in a zone of the cluster."""
    own = cluster.zones(cluster.options_of(part(settings, cluster.ClusterZone)))
    for path, found in zip(loaded.paths, loaded.zones, strict=True):
        if above := zone.hidden_by(found.origin, own.values()):
            message = f"not served, for {names.to_text(above.name)} is a zone of the cluster"
            yield Problem(str(path), 0, names.to_text(found.origin), message)


def routes(settings: Settings, loaded: Loaded) -> Iterator[str]:
    """Suffixes whose servers are never asked, as a zone has their names and delegates them not."""
    asked = [route for route in settings.forward if route.to is not None and route.suffix != "."]
    known = {found.origin: (found, "a special-use name") for found in special_use.zones()} if asked else {}
    for path, found in zip(loaded.paths, loaded.zones, strict=True):
        known[found.origin] = found, str(path)
    for route in asked:
        above = list(names.suffixes(names.from_text(route.suffix)))
        origin = next((name for name in above if name in known), None)
        if origin is not None and zone.delegations(known[origin][0]).isdisjoint(above):
            why = f"{names.to_text(origin)} is answered here ({known[origin][1]})"
            yield f"forward: {str(route)!r} is never asked: {why}"


def rules(settings: Settings) -> Iterator[str]:
    """Rewrite rules behind one that matches all that they would."""
    for rule, before in rewrites.shadowed(settings.rewrite):
        yield f"rewrite: {str(rule)!r} never counts: {str(before)!r} stands before it"
