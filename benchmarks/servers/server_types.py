"""What a server is, and what it is given to serve."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tls:
    """Where DNS over TLS is answered (RFC 7858), and with what (PEM)."""

    port: int
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ServerSite:
    """Where one server runs and what it serves; `upstream` is the port of whom it asks, on loopback."""

    folder: Path
    port: int
    source: tuple[str, ...]
    """Flags that tell svcdns where its objects are."""
    zones: dict[str, Path] = field(default_factory=dict)
    """The same as zone files, for the peers."""
    workers: int = 1
    tls: Tls | None = None
    upstream: int | None = None
    metrics: int | None = None
    """The port on loopback of svcdns's metrics; None: any."""

    def write_configuration(self, text: str) -> str:
        """Write a server's configuration file; its path."""
        path = self.folder / "server.conf"
        path.write_text(text)
        return str(path)


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server; `command` writes its configuration into the site's folder."""

    name: str
    title: str
    program: str
    package: str
    version: tuple[str, ...]
    command: Callable[[ServerSite], list[str]]
    has_tls: bool = True
    """It answers over TLS."""
    can_forward: bool = True
    """It asks upstreams, and keeps what they say."""
    folder: Path | None = None
    """Where it is started; None: where the benchmark was."""
