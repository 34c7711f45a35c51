"""Manifests: YAML and JSON files instead of an API server, with what its control plane would add.

    ManifestSource (watches) -> ManifestFileSet (files, objects, problems) -> control_plane (kube, pure)

| module | does |
|---|---|
| `manifest_source` | pushes the objects of the files into the sink, then each edit as a difference |
| `manifest_file_set` | the files as a whole: paths to the objects of a cluster, and every problem |
| `manifest_discovery` | which files the paths mean, and which folders show a change of them |
| `manifest_file` | one file over time: its last good objects, and the lines of what is wrong in it |
| `manifest_parser` | the bytes of one file to declared objects; pure |
| `manifest_problems` | faults of objects to problems with file and line |
| `yaml_documents` | bytes to plain values, as the API server would read them |
| `yaml_events` | YAML as events, which go on after a syntax error |
| `yaml_positions` | the line of a value, found in a second reading |

Commands call `ManifestFileSet(paths, ranges).load()`. `svcdns serve` runs `ManifestSource`, which is
imported from its module, so that the commands need no file watcher.
"""

from svcdns.sources.manifests.manifest_file_set import LoadedManifests, ManifestFileSet

__all__ = ["LoadedManifests", "ManifestFileSet"]
