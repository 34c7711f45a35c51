"""One certificate for all servers: EC P-256, as most are now."""

import datetime
from pathlib import Path

from svcdns.web.webhook import pki


def write(folder: Path) -> tuple[Path, Path]:
    """A new certificate and its key, as PEM files."""
    bundle = pki.create_bundle(["localhost"], datetime.datetime.now(datetime.UTC), validity_days=1)
    certificate = folder / "tls.crt"
    key = folder / "tls.key"
    certificate.write_bytes(bundle.certificate)
    key.write_bytes(bundle.key)

    return certificate, key
