"""Hosts files: names that are answered before all zones, from files such as /etc/hosts.

    HostsFileSource (watches) -> HostsFileSet (files, last good lines) -> dns.table.hosts_encoding (pure)

| module | does |
|---|---|
| `hosts_file_set` | the files as they were last read: their lines and problems |
| `hosts_file_source` | publishes the table's entries at each edit |

`svcdns check` calls `HostsFileSet(paths).load()`. The watcher's process runs `HostsFileSource`, which is
imported from its module, so that the commands need no file watcher.
"""

from svcdns.sources.hosts.hosts_file_set import HostsFileSet, LoadedHosts

__all__ = ["HostsFileSet", "LoadedHosts"]
