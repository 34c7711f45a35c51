"""Which source the settings ask for."""

import os
from pathlib import Path
from typing import Literal, TypeAlias

from svcdns.config.settings import Settings
from svcdns.errors import ConfigError

SourceKind: TypeAlias = Literal["manifests", "kubeconfig", "service account"]

SERVICE_ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where the kubelet puts a Pod's credentials: `token`, `ca.crt`, `namespace`."""


def choose_source(settings: Settings, service_account_folder: Path = SERVICE_ACCOUNT_FOLDER) -> SourceKind:
    """Manifests, a kubeconfig, or the service account of the Pod that we run in; raises ConfigError.

    Manifests and a kubeconfig together are refused with the settings.
    """
    if settings.manifests:
        return "manifests"
    if settings.kubeconfig:
        return "kubeconfig"
    if os.environ.get("KUBERNETES_SERVICE_HOST") and (service_account_folder / "token").is_file():
        return "service account"
    raise ConfigError(
        "nothing to serve: give --manifests PATH (files or folders of manifests) or --kubeconfig FILE "
        "(a cluster's API server), or run in a Pod with a service account"
    )
