"""etcd and kube-apiserver as processes on loopback, with all that they need in one folder."""

import asyncio
import base64
import contextlib
import shutil
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests import e2e, server
from tests.certificates import make_certificate
from tests.patience import PATIENCE

ADMIN = "admin-token"


class Programs:
    """Both; each can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = server.free_port()
        self.certificate, self._key = make_certificate(folder, days=30)
        self._folder = folder
        (folder / "accounts").mkdir()
        self._signer, self._signing_key = make_certificate(folder / "accounts")
        self._etcd_port, self._peer_port = server.free_port(), server.free_port()
        self._etcd: asyncio.subprocess.Process | None = None
        self._api: asyncio.subprocess.Process | None = None
        (folder / "tokens.csv").write_text(f"{ADMIN},admin,1,system:masters\n")

    async def start_etcd(self) -> None:
        """From the data that there are."""
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port))
        self._etcd = await self._run(
            "etcd",
            e2e.ETCD,
            f"--data-dir={self.data}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )

    async def start_api(self) -> None:
        """Return when it is ready."""
        self._api = await self._run(
            "kube-apiserver",
            e2e.KUBE_APISERVER,
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=192.0.2.1",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={self.certificate}",
            f"--tls-private-key-file={self._key}",
            "--service-cluster-ip-range=10.96.0.0/12,fd00:10:96::/108",
            "--service-account-issuer=https://tests.invalid",
            f"--service-account-key-file={self._signer}",
            f"--service-account-signing-key-file={self._signing_key}",
            f"--token-auth-file={self._folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            f"--cert-dir={self._folder}",
        )
        await self._is_ready()

    async def kill_api(self) -> None:
        """kill -9."""
        await _kill(self._api)

    async def kill_etcd(self) -> None:
        """kill -9."""
        await _kill(self._etcd)

    async def compact(self) -> int:
        """Have etcd forget its history, and return its last revision."""
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self._etcd_port}") as session:
            result = await _post(session, "/v3/kv/range", key=base64.b64encode(b"/").decode())
            revision = int(result["header"]["revision"])
            await _post(session, "/v3/kv/compaction", revision=revision, physical=True)
            return revision

    async def kill(self) -> None:
        """kill -9 of both."""
        await _kill(self._api)
        await _kill(self._etcd)

    async def copy_data(self, source: Path, target: Path) -> None:
        """A folder of data of an etcd that does not run."""
        await _kill(self._etcd)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        await self.start_etcd()

    @property
    def data(self) -> Path:
        """What etcd has."""
        return self._folder / "etcd"

    async def _run(self, name: str, program: str | None, *arguments: str) -> asyncio.subprocess.Process:
        assert program is not None
        with (self._folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(program, *arguments, stdout=log, stderr=log)

    async def _is_ready(self) -> None:
        assert self._api is not None
        end, url = time.monotonic() + PATIENCE, f"https://127.0.0.1:{self.port}/readyz"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {ADMIN}"}) as session:
            while time.monotonic() < end and self._api.returncode is None:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with session.get(url, ssl=False) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.2)

        raise RuntimeError((self._folder / "kube-apiserver.log").read_text()[-3000:])


async def _post(session: aiohttp.ClientSession, path: str, **body: Any) -> dict[str, Any]:
    async with session.post(path, json=body) as response:
        answer: dict[str, Any] = await response.json()
        assert response.status == 200, answer
        return answer


async def _kill(process: asyncio.subprocess.Process | None) -> None:
    if process is not None and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
