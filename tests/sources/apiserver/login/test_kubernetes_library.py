"""kubernetes_asyncio without its models: the files for TLS."""

import base64
import subprocess
import sys
from pathlib import Path

from svcdns.sources.apiserver.login import kubernetes_library


def test_no_generated_model_is_imported() -> None:
    program = (
        "import sys; from svcdns.sources.apiserver.login import kubernetes_library; "
        "print(sum(name.startswith('kubernetes_asyncio.client.') for name in sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert int(printed) < 10


async def test_the_fields_for_tls_become_files() -> None:
    data = base64.b64encode(b"PEM").decode()
    configuration = await kubernetes_library.load_tls_files(
        {"server": "https://api:6443", "certificate-authority-data": data, "tls-server-name": "api.example"},
        {"client-certificate-data": data, "client-key-data": data, "token": "not read here"},
    )
    assert (configuration.host, configuration.tls_server_name) == ("https://api:6443", "api.example")
    assert not configuration.api_key

    names = (configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file)
    files = [Path(name) for name in names if name]
    assert [file.read_bytes() for file in files] == [b"PEM"] * 3
    kubernetes_library.delete_temporary_key_files()
    assert not any(file.exists() for file in files)
