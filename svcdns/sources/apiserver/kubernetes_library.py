"""The only import of kubernetes_asyncio, without its 1,300 generated models.

`import kubernetes_asyncio` imports every model and API class of Kubernetes: 0.3 s and 39 MB that
nothing here uses. So its parent packages are put into `sys.modules` empty, with only their paths.
The few modules that are needed are imported below them: 0.03 s and 4.5 MB.
"""

import importlib
import importlib.util
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from types import ModuleType

from svcdns.http import aiohttp


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

from kubernetes_asyncio.client.api_client import ApiClient as ApiClient  # noqa: E402
from kubernetes_asyncio.client.configuration import Configuration as Configuration  # noqa: E402
from kubernetes_asyncio.config import kube_config as kube_config  # noqa: E402
from kubernetes_asyncio.config.config_exception import ConfigException as ConfigException  # noqa: E402
from kubernetes_asyncio.config.incluster_config import (  # noqa: E402
    InClusterConfigLoader as InClusterConfigLoader,
)

_READ_BUFFER_BYTES = 2 << 20  # as the library's own session has it


def create_client(configuration: Configuration) -> ApiClient:
    """Create a client with its proxy; raises OSError or ValueError for certificates that cannot be used."""
    proxy = configuration.proxy or _proxy_from_environment(configuration.host or "")
    api = ApiClient(configuration=configuration)
    client = api.rest_client

    # The library's session looks for a proxy in the environment before each request, in a thread, and for
    # passwords in ~/.netrc, which have no business here. This session in its place looks nowhere.
    connector = client.pool_manager.connector
    client.pool_manager.detach()
    client.pool_manager = aiohttp.ClientSession(connector=connector, read_bufsize=_READ_BUFFER_BYTES)

    if proxy:
        client.proxy = proxy
    return api


def _proxy_from_environment(url: str) -> str | None:
    """Return the proxy that https_proxy and no_proxy name for a URL, in small or capital letters."""
    parts = urllib.parse.urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None

    return urllib.request.getproxies().get(parts.scheme)


def delete_temporary_key_files() -> None:
    """Delete the files into which the library wrote the keys of a kubeconfig."""
    kube_config._cleanup_temp_files()
