"""Settings that only the flat form has: the file itself, and a list of upstreams instead of routes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Struct

from svcdns.config import forward_entries
from svcdns.config.forward_entries import ForwardEntry
from svcdns.dns.wire import names
from svcdns.forward import routing
from svcdns.forward.options import ForwardOptions, Route, Upstream
from svcdns.setting_types import FORWARDS, PATH


class SettingsFile(Struct, frozen=True, kw_only=True):
    """The file of settings."""

    config: Annotated[str | None, PATH] = None
    """File of settings, YAML or a Corefile; a flag or variable wins over its keys."""


class Forwards(Struct, frozen=True, kw_only=True):
    """The DNS servers to ask, each with its suffix."""

    forward: Annotated[tuple[ForwardEntry, ...], FORWARDS] = ()
    """DNS server to ask: ADDRESS[:PORT], tls://ADDRESS[:PORT][#NAME] with the name in its certificate, or
    the path of a resolv.conf. Behind SUFFIX= it is for the names below that suffix, as
    corp.internal=10.0.0.53; the longest suffix counts. 'SUFFIX=none' asks nobody. Without any, other
    names are refused."""

    def routes(self, options: ForwardOptions) -> tuple[Route, ...]:
        """One route for each suffix, all with the same options."""
        return routing.merge_routes(_route(forward, options) for forward in self.forward)


def _route(forward: ForwardEntry, options: ForwardOptions) -> Route:
    suffix = names.from_text(forward.suffix)
    to = forward.target
    if to is None:
        return Route(suffix, options=options)
    if isinstance(to, Path):
        return Route(suffix, resolv_conf=(str(to),), options=options)

    return Route(suffix, (Upstream(to.address.host, to.address.port, to.tls, to.tls_name),), options=options)


def never_asked(entries: Iterable[ForwardEntry], zones: Iterable[str]) -> Iterator[ForwardEntry]:
    """The entries whose suffix lies in a zone of the cluster: its names are answered here."""
    own = tuple(zones)
    for forward in entries:
        if any(forward_entries.is_below(forward.suffix, zone) for zone in own):
            yield forward
