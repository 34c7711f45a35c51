"""The only import of kubernetes_asyncio, without its 1,300 generated models.

`import kubernetes_asyncio` imports every model and API class of Kubernetes: 0.3 s and 39 MB that
nothing here uses. So its parent packages are put into `sys.modules` empty, with only their paths.
The few modules that are needed are imported below them: 0.03 s and 4.5 MB.
"""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType


def _put_empty_packages() -> None:
    spec = importlib.util.find_spec("kubernetes_asyncio")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("kubernetes_asyncio is not installed")

    root = Path(spec.submodule_search_locations[0])
    for name in ("", ".client", ".client.models"):
        module = ModuleType(spec.name + name)
        module.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[module.__name__] = module

        # As an import would, or `kubernetes_asyncio.client` would be no attribute.
        parent, _, child = module.__name__.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)

    # What its config package imports from its client package.
    client = sys.modules["kubernetes_asyncio.client"]
    for name, module_name in (("Configuration", "configuration"), ("ApiClient", "api_client")):
        setattr(client, name, getattr(importlib.import_module(f"{client.__name__}.{module_name}"), name))


if "kubernetes_asyncio" not in sys.modules:
    _put_empty_packages()

from kubernetes_asyncio.client.configuration import Configuration as Configuration  # noqa: E402
from kubernetes_asyncio.config import kube_config as kube_config  # noqa: E402
from kubernetes_asyncio.config.config_exception import ConfigException as ConfigException  # noqa: E402
from kubernetes_asyncio.config.incluster_config import (  # noqa: E402
    InClusterConfigLoader as InClusterConfigLoader,
)


async def load_tls_files(cluster: Mapping[str, str], user: Mapping[str, str]) -> Configuration:
    """The address of a cluster, and the files for TLS with it.

    `cluster` and `user` are fields of a kubeconfig, checked and with absolute paths; nothing else of them is
    read here. What stands in a field as base64 is written to a file, which `delete_temporary_key_files`
    deletes. The library raises what its helpers raise.
    """
    names = ("client-certificate", "client-certificate-data", "client-key", "client-key-data")
    certificate = {name: user[name] for name in names if name in user}
    kubeconfig = {
        "current-context": "chosen",
        "contexts": [{"name": "chosen", "context": {"cluster": "chosen", "user": "chosen"}}],
        "clusters": [{"name": "chosen", "cluster": dict(cluster)}],
        "users": [{"name": "chosen", "user": certificate}],
    }
    configuration = Configuration()
    await kube_config.load_kube_config_from_dict(kubeconfig, client_configuration=configuration)
    return configuration


def delete_temporary_key_files() -> None:
    """Delete the files into which the library wrote the keys of a kubeconfig."""
    kube_config._cleanup_temp_files()
