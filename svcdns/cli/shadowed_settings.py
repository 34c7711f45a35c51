"""Finds settings that never apply because others take precedence; for `svcdns check`."""

from collections.abc import Iterator

from svcdns.cluster import specification as cluster
from svcdns.config import rewrite_rules
from svcdns.config.settings import Settings, part
from svcdns.dns.table import zone_encoding
from svcdns.dns.wire import names
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles import LoadedZones, special_use


def unserved_zones(settings: Settings, zone_files: LoadedZones) -> Iterator[Problem]:
    """Zone files whose zone lies in a zone of the cluster, which answers its names instead."""
    cluster_zones = cluster.configured_zones(cluster.options_of(part(settings, cluster.ClusterZone)))
    for path, zone in zip(zone_files.zone_paths, zone_files.zones, strict=True):
        if above := zone_encoding.find_shadowing_zone(zone.origin, cluster_zones.values()):
            message = f"not served, for {names.to_text(above.name)} is a zone of the cluster"
            yield Problem(str(path), 0, names.to_text(zone.origin), message)


def unreachable_routes(settings: Settings, zone_files: LoadedZones) -> Iterator[str]:
    """Suffixes that are never forwarded, because a zone here has their names and does not delegate them."""
    routes = [route for route in settings.forward if route.target is not None and route.suffix != "."]
    local_zones = (
        {
            zone.origin: (zone, "a special-use name")
            for zone in special_use.build_zones(
                (names.from_text(route.suffix), route.target is not None) for route in settings.forward
            )
        }
        if routes
        else {}
    )
    for path, zone in zip(zone_files.zone_paths, zone_files.zones, strict=True):
        local_zones[zone.origin] = zone, str(path)

    for route in routes:
        above = list(names.suffixes(names.from_text(route.suffix)))
        origin = next((name for name in above if name in local_zones), None)
        if origin is not None and zone_encoding.zone_cuts(local_zones[origin][0]).isdisjoint(above):
            why = f"{names.to_text(origin)} is answered here ({local_zones[origin][1]})"
            yield f"forward: {str(route)!r} is never asked: {why}"


def shadowed_rules(settings: Settings) -> Iterator[str]:
    """Rewrite rules after one that matches every name they would match."""
    for rule, before in rewrite_rules.find_shadowed(settings.rewrite):
        yield f"rewrite: {str(rule)!r} never counts: {str(before)!r} stands before it"
