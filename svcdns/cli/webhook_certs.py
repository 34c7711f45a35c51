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
from svcdns.web.webhook import certificate_renewal, registration, webhook_manifests
from svcdns.web.webhook.certificate_renewal import CertificatePolicy, RenewalResult
from svcdns.web.webhook.pki import CertificateBundle
from svcdns.web.webhook.registration import AppliedCertificate
from svcdns.web.webhook.webhook_manifests import WebhookObjectNames

_BUNDLE_FILES = ("ca.crt", "tls.crt", "tls.key")
"""The files of a CertificateBundle, in the order of its fields."""

_SECRET_FILES = ("tls.key", "secret.yaml")
"""Files with the private key; only their owner may read them."""


def write_certificate(
    folder: Path | None,
    site: WebhookObjectNames,
    certificate_request: CertificatePolicy,
    now: datetime.datetime,
) -> RenewalResult:
    """Print manifests, or write files if those in the folder are due for renewal.

    `now` has a time zone. Raises SvcdnsError where a file cannot be read or written.
    """
    stored_bundle = _read_bundle(folder) if folder else None
    outcome = certificate_renewal.renew_if_needed(stored_bundle, certificate_request, now)

    if folder is None:
        sys.stdout.write("---\n".join(_manifest_texts(site, outcome.bundle).values()))
    elif outcome.reason:
        _write_files(folder, site, outcome.bundle)
    return outcome


def apply_certificate(
    settings: Settings,
    site: WebhookObjectNames,
    certificate_request: CertificatePolicy,
    now: datetime.datetime,
) -> AppliedCertificate:
    """Renew the certificate in the cluster of the settings, if it is due; raises SourceError."""
    from svcdns.sources.apiserver import options as times
    from svcdns.sources.apiserver.api_server_client import ApiServerClient
    from svcdns.sources.apiserver.login import credentials

    # The client opens its connections in a running loop, and must be closed in the same one.
    async def run() -> AppliedCertificate:
        defaults = times.ApiServerOptions()
        login_source = credentials.open_login_source(settings.kubeconfig, settings.context, defaults)
        client = ApiServerClient(login_source, defaults)
        try:
            return await registration.renew_and_apply(client, site, certificate_request, now)
        finally:
            await client.close()

    return asyncio.run(run())


def _read_bundle(folder: Path) -> CertificateBundle | None:
    """The bundle in a folder; None if a file of it is missing. Raises SvcdnsError."""
    try:
        return CertificateBundle(*((folder / name).read_bytes() for name in _BUNDLE_FILES))
    # A part of a bundle is of no use, so it is made anew, as if there were none.
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SvcdnsError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _write_files(folder: Path, site: WebhookObjectNames, bundle: CertificateBundle) -> None:
    """Write all files, the key before the certificate.

    A server that reads between the two finds that they do not belong together, and keeps what it had.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in _folder_files(site, bundle):
            _write_atomically(folder / name, data)
    except OSError as error:
        raise SvcdnsError(f"{error.filename}: cannot be written: {error.strerror}") from error


def _folder_files(site: WebhookObjectNames, bundle: CertificateBundle) -> Iterator[tuple[str, bytes]]:
    """The name and the data of each file, in the order of writing."""
    yield from zip(reversed(_BUNDLE_FILES), (bundle.key, bundle.certificate, bundle.ca), strict=True)
    for name, text in _manifest_texts(site, bundle).items():
        yield name, text.encode()


def _write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or none. A secret file is the owner's alone from the start."""
    # In the same folder, since a rename is atomic only within a file system.
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    mode = 0o600 if path.name in _SECRET_FILES else 0o644

    try:
        # O_EXCL and a random name: nobody else can have put a file or a link there.
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
        beside.replace(path)
    finally:
        # After `replace` it is gone already; this is for what failed before.
        beside.unlink(missing_ok=True)


def _manifest_texts(site: WebhookObjectNames, bundle: CertificateBundle) -> dict[str, str]:
    return {
        "secret.yaml": _dump_yaml(webhook_manifests.secret_manifest(site, bundle)),
        "configuration.yaml": _dump_yaml(webhook_manifests.configuration_manifest(site, bundle)),
    }


def _dump_yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_NoAliasDumper, sort_keys=False, width=float("inf"))


class _NoAliasDumper(yaml.SafeDumper):
    """Writes a list that stands twice in a document twice: people find aliases (`*id001`) hard to read."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never."""
        return True
