"""An EndpointSlice as a watch tells it: with when what it tells began (`serve.programmed`)."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from svcdns.kube.objects import EndpointSlice, ObjectMeta


class _Annotations(Struct, frozen=True):
    """What the endpoints' controller notes: when the Pod or Service changed."""

    last_change_trigger_time: Annotated[datetime, Meta(tz=True)] | None = msgspec.field(
        name="endpoints.kubernetes.io/last-change-trigger-time", default=None
    )


class _AnnotatedMeta(ObjectMeta, frozen=True, gc=False, rename="camel", omit_defaults=True):
    annotations: _Annotations | None = None


class TimedEndpointSlice(EndpointSlice, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """An EndpointSlice with when that was."""

    metadata: _AnnotatedMeta

    @property
    def change_time(self) -> float | None:
        """When the change behind this version happened, in seconds since 1970, if it says so."""
        annotations = self.metadata.annotations
        when = annotations and annotations.last_change_trigger_time
        return when.timestamp() if when else None
