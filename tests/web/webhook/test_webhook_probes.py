"""`/healthz`, `/readyz`, `/metrics`, and the end, over HTTPS."""

import asyncio
import os
import signal
from pathlib import Path

from svcdns.web.webhook import webhook_server
from tests.kube.injection.env_services import service
from tests.web.webhook.serving import FakeSource, serving, until


async def test_ready_says_what_is_waited_for(tmp_path: Path) -> None:
    source = FakeSource(synced=False)
    async with serving(tmp_path, source) as webhook:
        assert await webhook.text("/healthz") == (200, "ok\n")
        status, text = await webhook.text("/readyz")
        assert status == 503
        assert text.splitlines() == [
            "not ready",
            "Namespace: waited for since 0 s: it is being listed",
            "Service: waited for since 0 s: it is being listed",
        ]
        source.synced("Namespace")
        source.waits["Service"] = "the API server refused (403): services is forbidden"
        status, text = await webhook.text("/readyz")
        assert (status, text.splitlines()) == (
            503,
            [
                "not ready",
                "Service: waited for since 0 s: the API server refused (403): services is forbidden",
            ],
        )
        assert 'svcdns_webhook_resource_synced{kind="Service"} 0.0' in (await webhook.text("/metrics"))[1]
        source.synced("Service")
        assert await webhook.text("/readyz") == (200, "ready\n")
        source.waits["Service"] = "gone"
        status, text = await webhook.text("/readyz")
        assert (status, text) == (200, "ready\nService: waited for since 0 s: gone\n")


async def test_metrics(tmp_path: Path) -> None:
    async with serving(tmp_path, FakeSource()) as webhook:
        status, text = await webhook.text("/metrics")
        assert status == 200
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert 0.9 < float(values["svcdns_webhook_certificate_days_left"]) < 1
        assert values['svcdns_webhook_resource_synced{kind="Namespace"}'] == "1.0"
        for outcome in ("patched", "unchanged", "not_ready", "unreadable", "failed", "refused"):
            assert values[f'svcdns_webhook_reviews_total{{outcome="{outcome}"}}'] == "0.0"
        assert "process_resident_memory_bytes" in values
        assert "svcdns_webhook_review_seconds_count" in values


async def test_another_cluster_begins_anew(tmp_path: Path) -> None:
    source = FakeSource(service("shop/db", "10.0.0.1"))
    async with serving(tmp_path, source) as webhook:
        source.sink.set_cluster_identity("one")
        source.sink.set_cluster_identity("one")
        await asyncio.sleep(0)
        assert source.runs == 1
        source.objects = ()
        source.sink.set_cluster_identity("two")

        async def again() -> bool:
            return source.runs == 2 and await webhook.ready()

        await until(again)
        assert not source.sink.get_objects("Service")


async def test_it_answers_on_while_it_stops(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(webhook_server, "DRAIN_SECONDS", 0.5)
    async with serving(tmp_path, FakeSource()) as webhook:
        os.kill(os.getpid(), signal.SIGTERM)

        async def stopping() -> bool:
            return await webhook.text("/readyz") == (503, "stopping\n")

        await until(stopping)
        async with webhook.client.get(f"{webhook.url}/healthz") as response:
            assert (response.status, response.headers["Connection"]) == (200, "close")
