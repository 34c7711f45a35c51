"""Zone files: static zones beside the cluster's names (RFC 1035 5), each checked before it is served.

    ZoneFileSource (watches) -> ZoneFileSet (last good zones) -> master_file (records) -> zone_rules (zone)

| module | does |
|---|---|
| `zone_file_source` | publishes the zones at each edit, and the special-use zones with them |
| `zone_file_set` | the files as they were last read: which zones are served, and all problems |
| `zone_file` | one zone file over time, with its last good zone |
| `zone_file_reader` | reads the files that one zone is made of, within its folder and within bounds |
| `master_file` | master files to records: directives, owners, TTLs; pure |
| `zone_lexer` | bytes to the words of each entry, with line numbers; pure |
| `rdata_parser` | the data of one record to wire form; the only import of dnspython |
| `rdata_forms` | forms of data that dnspython does not read; pure |
| `zone_rules` | records to a zone, or the rules that they break; pure |
| `zone_lint` | what breaks no rule and is hardly meant; pure |
| `special_use` | the zones that are served to everybody (RFC 6761, RFC 6303) |

`svcdns check` calls `ZoneFileSet(paths).load()`. The watcher's process runs `ZoneFileSource`, which is
imported from its module, so that the commands need no file watcher.
"""

from svcdns.sources.zonefiles.zone_file_set import LoadedZones, ZoneFileSet

__all__ = ["LoadedZones", "ZoneFileSet"]
