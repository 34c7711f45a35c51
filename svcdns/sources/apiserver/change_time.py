"""An EndpointSlice of a watch, with the time of the change behind it (for `programming_latency`)."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from svcdns.kube.objects import EndpointSlice, ObjectMeta


class _Annotations(Struct, frozen=True):
    """The annotation of the endpoints' controller: when the Pod or Service changed."""

    last_change_trigger_time: Annotated[datetime, Meta(tz=True)] | None = msgspec.field(
        name="endpoints.kubernetes.io/last-change-trigger-time", default=None
    )


class _AnnotatedMeta(ObjectMeta, frozen=True, gc=False, rename="camel", omit_defaults=True):
    annotations: _Annotations | None = None


class TimedEndpointSlice(EndpointSlice, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """An EndpointSlice with the time of the change that it reports."""

    metadata: _AnnotatedMeta

    @property
    def change_time(self) -> float | None:
        """The time of the change behind this version, in seconds since 1970, if the object states it."""
        annotations = self.metadata.annotations
        trigger_time = annotations and annotations.last_change_trigger_time
        return trigger_time.timestamp() if trigger_time else None
