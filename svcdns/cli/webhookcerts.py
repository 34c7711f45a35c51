"""Where `svcdns webhook certs` puts a certificate: standard output, a folder, or the cluster."""

import asyncio
import datetime
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from svcdns.config.settings import Settings
from svcdns.errors import SvcdnsError
from svcdns.web import certificates, registration
from svcdns.web.certificates import Outcome, Wanted
from svcdns.web.pki import Bundle
from svcdns.web.registration import Site

_FILES = ("ca.crt", "tls.crt", "tls.key")
"""In the order of a Bundle's fields."""
_SECRET = ("tls.key", "secret.yaml")


def write(folder: Path | None, site: Site, wanted: Wanted, now: datetime.datetime) -> Outcome:
    """Manifests to standard output, or files where the last ones in the folder are not good any more."""
    outcome = certificates.renew(_last(folder) if folder else None, wanted, now)
    if folder is None:
        sys.stdout.write("---\n".join(_manifests(site, outcome.bundle).values()))
    elif outcome.reason:
        _write_files(folder, site, outcome.bundle)
    return outcome


def apply(settings: Settings, site: Site, wanted: Wanted, now: datetime.datetime) -> Outcome:
    """Change the cluster of the settings; raises SourceError."""
    from svcdns.sources.apiserver import settings as times
    from svcdns.sources.apiserver import source
    from svcdns.sources.apiserver.client import Client

    async def run() -> Outcome:
        defaults = times.Settings()
        credentials = source.open_credentials(settings.kubeconfig, settings.context, defaults)
        client = Client(credentials, defaults)
        try:
            return await registration.apply(client, site, wanted, now)
        finally:
            await client.close()

    return asyncio.run(run())


def _last(folder: Path) -> Bundle | None:
    try:
        return Bundle(*((folder / name).read_bytes() for name in _FILES))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SvcdnsError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _write_files(folder: Path, site: Site, bundle: Bundle) -> None:
    """The key before the certificate: a server that reads between the two keeps what it had."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in _contents(site, bundle):
            _replace(folder / name, data)
    except OSError as error:
        raise SvcdnsError(f"{error.filename}: cannot be written: {error.strerror}") from error


def _contents(site: Site, bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    yield from zip(reversed(_FILES), (bundle.key, bundle.certificate, bundle.ca), strict=True)
    for name, text in _manifests(site, bundle).items():
        yield name, text.encode()


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all; what is secret is the owner's alone from the start."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    mode = 0o600 if path.name in _SECRET else 0o644
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _manifests(site: Site, bundle: Bundle) -> dict[str, str]:
    return {
        "secret.yaml": _yaml(registration.secret(site, bundle)),
        "configuration.yaml": _yaml(registration.configuration(site, bundle)),
    }


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=float("inf"))


class _Dumper(yaml.SafeDumper):
    """Writes a list again where it stands twice, instead of an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never."""
        return True
