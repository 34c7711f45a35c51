"""What the webhook may give a Pod: settings.

Apart from `admission`: a process that only reads the settings does not import that.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from svcdns.kube.injection.pod_spec import DnsOption
from svcdns.setting_types import RESOLVER_OPTIONS, Conflict


class InjectionOptions(Struct, frozen=True, kw_only=True):
    """Bytes of variables for each container, and options for the Pod's resolv.conf."""

    budget: Annotated[int, Meta(ge=1024, le=262_144)] = 65_536
    """Bytes of variables that a container is given at most. All containers of a Pod share 256 KiB."""

    ndots: Annotated[int, Meta(ge=0, le=15)] = 0
    """Dots that make a name complete for a Pod, as 2; where the Pod sets it, that counts. 0: leave it."""

    dns_config: Annotated[tuple[DnsOption, ...], RESOLVER_OPTIONS] = ()
    """Option of resolv.conf for each Pod, as timeout:2; where the Pod sets it, that counts."""

    @property
    def dns(self) -> tuple[DnsOption, ...]:
        """All options for resolv.conf, `ndots` first."""
        ndots = (DnsOption("ndots", str(self.ndots)),) if self.ndots else ()
        return (*ndots, *self.dns_config)

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        if self.ndots and any(option.name == "ndots" for option in self.dns_config):
            yield Conflict("ndots is set twice: set one of them", ("ndots", "dns_config"))
