"""The API server as a source: one reflector for each kind, all at once."""

import asyncio
import logging
import time
from pathlib import Path
from typing import NoReturn

from svcdns.kube.objects import Kind
from svcdns.sources import KindStatus, ObjectSink
from svcdns.sources.apiserver import object_decoder
from svcdns.sources.apiserver.api_resources import API_RESOURCES
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.api_server_log import FaultLog
from svcdns.sources.apiserver.login import credentials
from svcdns.sources.apiserver.optional_resource import OptionalReflector
from svcdns.sources.apiserver.options import ApiServerOptions
from svcdns.sources.apiserver.reflector import Reflector

log = logging.getLogger("svcdns.apiserver")


class ApiServerSource:
    """Feeds the objects of an API server into a sink; see `sources.ObjectSource`."""

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
        self._login_source = credentials.open_login_source(kubeconfig, context, self._options)
        self._with_pod_names = endpoint_pod_names
        self._kinds = kinds
        self._reflectors: dict[Kind, Reflector] = {}

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that the caller asked for."""
        return self._kinds

    @property
    def problem_count(self) -> int:
        """The number of objects that cannot be read now."""
        return sum(status.undecodable for status in self.get_statuses().values())

    def get_statuses(self) -> dict[Kind, KindStatus]:
        """Return the state of each kind; empty before `run`."""
        return {kind: reflector.status for kind, reflector in self._reflectors.items()}

    async def run(self, sink: ObjectSink) -> None:
        """Feed the sink until cancelled."""
        client = ApiServerClient(self._login_source, self._options)
        # All kinds share it: an API server that is gone is one line, not one for each kind.
        fault_log = FaultLog(log, self._options.repeat_log_interval, time.monotonic)
        self._reflectors = {kind: self._create_reflector(kind, client, fault_log) for kind in self._kinds}

        try:
            async with asyncio.TaskGroup() as group:
                for reflector in self._reflectors.values():
                    group.create_task(reflector.run(sink))
                group.create_task(self._check_deadlines(sink))
        finally:
            await client.close()

    def _create_reflector(self, kind: Kind, client: ApiServerClient, fault_log: FaultLog) -> Reflector:
        resource = API_RESOURCES[kind]
        reflector_type = OptionalReflector if resource.older_path else Reflector
        decoder = object_decoder.ObjectDecoder(kind, with_pod_names=self._with_pod_names)
        return reflector_type(resource, client, decoder, self._options, fault_log)

    async def _check_deadlines(self, sink: ObjectSink) -> NoReturn:
        while True:
            # Often enough that a deadline is missed by a quarter at most.
            await asyncio.sleep(min(1.0, self._options.stale_after / 4))

            reflectors = self._reflectors.values()
            list_times = [
                reflector.status.last_list
                for reflector in reflectors
                if not isinstance(reflector, OptionalReflector)
            ]
            listed_times = [listed_at for listed_at in list_times if listed_at is not None]
            all_are_listed = len(listed_times) == len(list_times)
            required_listed_at = max(listed_times, default=None) if all_are_listed else None

            for reflector in reflectors:
                reflector.check_deadlines(sink, required_listed_at)
