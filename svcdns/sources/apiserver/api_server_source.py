"""The API server as a source: one lister for each kind, all at once."""

import asyncio
import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec

from svcdns.kube.objects import CLUSTER_SCOPED, Kind
from svcdns.sources import KindStatus, ObjectSink
from svcdns.sources.apiserver import credentials, object_decoder
from svcdns.sources.apiserver.api_errors import RequestRefusedError
from svcdns.sources.apiserver.api_resources import API_RESOURCES
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.api_server_log import RateLimitedWarnings
from svcdns.sources.apiserver.credentials import LoginSource
from svcdns.sources.apiserver.optional_resource import OptionalReflector
from svcdns.sources.apiserver.options import ApiServerOptions
from svcdns.sources.apiserver.reflector import Reflector

log = logging.getLogger("svcdns.apiserver")


class ListRequest(NamedTuple):
    """What a command lists: a kind, of one namespace or of all; an optional one may be refused."""

    kind: Kind
    namespace: str | None = None
    is_optional: bool = False


class FetchResult(NamedTuple):
    """The objects as JSON, and what was refused."""

    objects: dict[Kind, list[msgspec.Raw]]
    refusals: dict[ListRequest, RequestRefusedError]


class ApiServerSource:
    """Feeds the objects of an API server; see `sources.Source`."""

    def __init__(
        self,
        kubeconfig: Path | None,
        context: str | None = None,
        *,
        kinds: tuple[Kind, ...],
        endpoint_pod_names: bool = False,
        options: ApiServerOptions | None = None,
    ) -> None:
        """Check the configuration; raises ConfigError. Without `kubeconfig`: the Pod's service account."""
        self._options = options or ApiServerOptions()
        self._credentials = open_login_source(kubeconfig, context, self._options)
        self._with_pod_names = endpoint_pod_names
        self._kinds = kinds
        self._reflectors: dict[Kind, Reflector] = {}

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Those that were asked for."""
        return self._kinds

    @property
    def problem_count(self) -> int:
        """Objects that cannot be read."""
        return sum(status.undecodable for status in self.get_statuses().values())

    def get_statuses(self) -> dict[Kind, KindStatus]:
        """How each kind stands; empty before `run`."""
        return {kind: lister.status for kind, lister in self._reflectors.items()}

    async def run(self, sink: ObjectSink) -> None:
        """Feed the sink until cancelled."""
        client = ApiServerClient(self._credentials, self._options)
        troubles = RateLimitedWarnings(log, self._options.repeat_log_interval, time.monotonic)
        self._reflectors = {
            kind: (OptionalReflector if API_RESOURCES[kind].older_path else Reflector)(
                API_RESOURCES[kind],
                client,
                object_decoder.ObjectDecoder(kind, with_pod_names=self._with_pod_names),
                self._options,
                troubles,
            )
            for kind in self._kinds
        }
        try:
            async with asyncio.TaskGroup() as group:
                for lister in self._reflectors.values():
                    group.create_task(lister.run(sink))
                group.create_task(self._check_reflectors(sink))
        finally:
            await client.close()

    async def _check_reflectors(self, sink: ObjectSink) -> NoReturn:
        while True:
            await asyncio.sleep(min(1.0, self._options.stale_after / 4))
            listers = self._reflectors.values()
            needed = [one.status.last_list for one in listers if not isinstance(one, OptionalReflector)]
            others = max(filter(None, needed), default=None) if all(needed) else None
            for lister in listers:
                lister.check_deadlines(sink, others)


def open_login_source(kubeconfig: Path | None, context: str | None, options: ApiServerOptions) -> LoginSource:
    """The kubeconfig's, else the Pod's service account; raises ConfigError."""
    if kubeconfig is None:
        return credentials.ServiceAccount()
    return credentials.Kubeconfig(kubeconfig, context, options.plugin_timeout)


async def fetch_objects(
    kubeconfig: Path | None, context: str | None, requests: Iterable[ListRequest]
) -> FetchResult:
    """Each object once, for commands; raises SourceError."""
    settings = ApiServerOptions()
    client = ApiServerClient(open_login_source(kubeconfig, context, settings), settings)
    fetched = FetchResult({}, {})
    try:
        for one in requests:
            try:
                found = await _fetch_list(client, one)
                fetched.objects.setdefault(one.kind, []).extend(found)
            except RequestRefusedError as error:
                if not one.is_optional:
                    raise
                fetched.refusals[one] = error
    finally:
        await client.close()
    return fetched


async def _fetch_list(client: ApiServerClient, request: ListRequest) -> list[msgspec.Raw]:
    path = API_RESOURCES[request.kind].path
    if request.namespace is not None and request.kind not in CLUSTER_SCOPED:
        above, _, plural = path.rpartition("/")
        path = f"{above}/namespaces/{request.namespace}/{plural}"
    return [item async for page in client.iter_pages(path) for item in page.items or ()]
