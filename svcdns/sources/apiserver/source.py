"""The API server as a source: one lister for each kind, all at once."""

import asyncio
import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec

from svcdns.kube.objects import CLUSTER_SCOPED, Kind
from svcdns.sources import KindStatus, Sink
from svcdns.sources.apiserver import credentials, decode
from svcdns.sources.apiserver.client import Client
from svcdns.sources.apiserver.credentials import Credentials
from svcdns.sources.apiserver.faults import Refused
from svcdns.sources.apiserver.lister import Lister
from svcdns.sources.apiserver.optional import OptionalLister
from svcdns.sources.apiserver.resources import RESOURCES
from svcdns.sources.apiserver.settings import Settings
from svcdns.sources.apiserver.status import Troubles

log = logging.getLogger("svcdns.apiserver")


class Listing(NamedTuple):
    """What a command lists: a kind, of one namespace or of all; an optional one may be refused."""

    kind: Kind
    namespace: str | None = None
    optional: bool = False


class Fetched(NamedTuple):
    """The objects as JSON, and what was refused."""

    objects: dict[Kind, list[msgspec.Raw]]
    refused: dict[Listing, Refused]


class ApiServerSource:
    """Feeds the objects of an API server; see `sources.Source`."""

    def __init__(
        self,
        kubeconfig: Path | None,
        context: str | None = None,
        *,
        kinds: tuple[Kind, ...],
        endpoint_pod_names: bool = False,
        settings: Settings | None = None,
    ) -> None:
        """Check the configuration; raises ConfigError. Without `kubeconfig`: the Pod's service account."""
        self._settings = settings or Settings()
        self._credentials = open_credentials(kubeconfig, context, self._settings)
        self._pod_names = endpoint_pod_names
        self._kinds = kinds
        self._listers: dict[Kind, Lister] = {}

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Those that were asked for."""
        return self._kinds

    @property
    def problems(self) -> int:
        """Objects that cannot be read."""
        return sum(status.undecodable for status in self.status().values())

    def status(self) -> dict[Kind, KindStatus]:
        """How each kind stands; empty before `run`."""
        return {kind: lister.status for kind, lister in self._listers.items()}

    async def run(self, sink: Sink) -> None:
        """Feed the sink until cancelled."""
        client = Client(self._credentials, self._settings)
        troubles = Troubles(log, self._settings.repeat, time.monotonic)
        self._listers = {
            kind: (OptionalLister if RESOURCES[kind].older else Lister)(
                RESOURCES[kind],
                client,
                decode.Decoder(kind, pod_names=self._pod_names),
                self._settings,
                troubles,
            )
            for kind in self._kinds
        }
        try:
            async with asyncio.TaskGroup() as group:
                for lister in self._listers.values():
                    group.create_task(lister.run(sink))
                group.create_task(self._look(sink))
        finally:
            await client.close()

    async def _look(self, sink: Sink) -> NoReturn:
        while True:
            await asyncio.sleep(min(1.0, self._settings.silence / 4))
            listers = self._listers.values()
            needed = [one.status.last_list for one in listers if not isinstance(one, OptionalLister)]
            others = max(filter(None, needed), default=None) if all(needed) else None
            for lister in listers:
                lister.look(sink, others)


def open_credentials(kubeconfig: Path | None, context: str | None, settings: Settings) -> Credentials:
    """The kubeconfig's, else the Pod's service account; raises ConfigError."""
    if kubeconfig is None:
        return credentials.ServiceAccount()
    return credentials.Kubeconfig(kubeconfig, context, settings.plugin)


async def fetch(kubeconfig: Path | None, context: str | None, listings: Iterable[Listing]) -> Fetched:
    """Each object once, for commands; raises SourceError."""
    settings = Settings()
    client = Client(open_credentials(kubeconfig, context, settings), settings)
    fetched = Fetched({}, {})
    try:
        for one in listings:
            try:
                found = await _list(client, one)
                fetched.objects.setdefault(one.kind, []).extend(found)
            except Refused as error:
                if not one.optional:
                    raise
                fetched.refused[one] = error
    finally:
        await client.close()
    return fetched


async def _list(client: Client, wanted: Listing) -> list[msgspec.Raw]:
    path = RESOURCES[wanted.kind].path
    if wanted.namespace is not None and wanted.kind not in CLUSTER_SCOPED:
        above, _, plural = path.rpartition("/")
        path = f"{above}/namespaces/{wanted.namespace}/{plural}"
    return [item async for page in client.pages(path) for item in page.items or ()]
