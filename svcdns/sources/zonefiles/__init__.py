"""Zone files: static zones beside the cluster's names (RFC 1035 5), each checked before it is served.

    ZoneFiles (watches) -> Zones (files, last good zones) -> master (records) -> rules (zone)

`svcdns check` calls `Zones(paths).load()`; the watcher's process runs `source.ZoneFiles`, which is
imported from there, so that the commands need no file watcher.
"""

from svcdns.sources.zonefiles.zone_file_set import LoadedZones, ZoneFileSet

__all__ = ["LoadedZones", "ZoneFileSet"]
