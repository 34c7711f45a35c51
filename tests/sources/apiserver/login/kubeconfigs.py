"""Kubeconfigs of one context, with fields of its cluster and its user."""

from pathlib import Path
from typing import Any

import yaml

SERVER = "https://api.example:6443"


def write_kubeconfig(folder: Path, cluster: Any = None, user: Any = None, **fields: Any) -> Path:
    """A kubeconfig; `fields` are those of the whole file, and replace what is there."""
    path = folder / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": SERVER} | (cluster or {})}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(yaml.safe_dump(config | fields))
    return path
