"""Chooses the source of objects: manifests, a kubeconfig, or the service account of a Pod."""

import os
from pathlib import Path

from svcdns.config.settings import Settings, part
from svcdns.errors import ConfigError
from svcdns.serve.runtime.runtime_config import Origin, SourceOptions

SERVICE_ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where the kubelet puts a Pod's credentials: `token`, `ca.crt`, `namespace`."""


def choose_source(settings: Settings, service_account_folder: Path = SERVICE_ACCOUNT_FOLDER) -> Origin:
    """The origin that the settings ask for; raises ConfigError if there is none.

    Manifests and a kubeconfig together were refused when the settings were read.
    """
    origin = part(settings, SourceOptions).origin
    # Kubernetes sets the variable in every Pod; the token is missing if its automount is off.
    in_a_pod = os.environ.get("KUBERNETES_SERVICE_HOST") and (service_account_folder / "token").is_file()
    if origin != "service account" or in_a_pod:
        return origin

    raise ConfigError(
        "nothing to serve: give --manifests PATH (files or folders of manifests) or --kubeconfig FILE "
        "(a cluster's API server), or run in a Pod with a service account"
    )
