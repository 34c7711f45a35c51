"""Manifests: YAML and JSON files instead of an API server, with what its control plane would do.

    ManifestSource (watches) -> Manifests (files, objects, problems) -> kube.controlplane (pure)

Commands call `Manifests(paths, ranges).load()`; `svcdns serve` runs `ManifestSource`, which is
imported from `.source`, so that the commands need no file watcher.
"""

from svcdns.sources.manifests.manifest_file_set import LoadedManifests, ManifestFileSet

__all__ = ["LoadedManifests", "ManifestFileSet"]
