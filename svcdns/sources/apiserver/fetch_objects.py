"""Lists of the API server, each read once: for the commands, which need no watch."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from svcdns.kube.objects import CLUSTER_SCOPED, Kind
from svcdns.sources.apiserver.api_errors import RequestRefusedError
from svcdns.sources.apiserver.api_resources import API_RESOURCES
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.login import credentials
from svcdns.sources.apiserver.options import ApiServerOptions


class ListRequest(NamedTuple):
    """What a command lists: a kind, of one namespace or of all; an optional list may be refused."""

    kind: Kind
    namespace: str | None = None
    is_optional: bool = False


class FetchResult(NamedTuple):
    """The objects as JSON, and the optional lists that were refused."""

    objects: dict[Kind, list[msgspec.Raw]]
    refusals: dict[ListRequest, RequestRefusedError]


async def fetch_objects(
    kubeconfig: Path | None, context: str | None, requests: Iterable[ListRequest]
) -> FetchResult:
    """Fetch each list once; without `kubeconfig` with the Pod's service account.

    Raises ConfigError for credentials that cannot be used, and SourceError.
    """
    options = ApiServerOptions()
    client = ApiServerClient(credentials.open_login_source(kubeconfig, context, options), options)
    result = FetchResult({}, {})

    try:
        for request in requests:
            try:
                items = await _fetch_list(client, request)
            except RequestRefusedError as error:
                if not request.is_optional:
                    raise
                result.refusals[request] = error
            else:
                result.objects.setdefault(request.kind, []).extend(items)
    finally:
        await client.close()

    return result


async def _fetch_list(client: ApiServerClient, request: ListRequest) -> list[msgspec.Raw]:
    path = API_RESOURCES[request.kind].path

    # Kubernetes API concepts: /api/v1/services, but /api/v1/namespaces/NAMESPACE/services.
    if request.namespace is not None and request.kind not in CLUSTER_SCOPED:
        parent, _, plural = path.rpartition("/")
        path = f"{parent}/namespaces/{request.namespace}/{plural}"

    return [item async for page in client.iter_pages(path) for item in page.items or ()]
