"""`/healthz`, `/readyz` and `/metrics`, over HTTPS."""

from pathlib import Path

from tests.web.webhook.serving import FakeSource, serving


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
