"""Hosts files: names that go before all zones, from files such as /etc/hosts.

    HostsFiles (watches) -> Hosts (files, last good lines) -> dns.hosts (pure)

`svcdns check` calls `Hosts(paths).load()`; the watcher's process runs `source.HostsFiles`, which is
imported from there, so that the commands need no file watcher.
"""

from svcdns.sources.hosts.hosts_file_set import HostsFileSet, LoadedHosts

__all__ = ["HostsFileSet", "LoadedHosts"]
