"""What the webhook knows of the cluster, and what it still waits for."""

import asyncio
from pathlib import Path

from svcdns.sources import KindStatus
from svcdns.web.webhook.webhook_state import PendingKind, WebhookState
from tests.kube.injection.env_services import service
from tests.web.webhook.serving import FakeSource, serving, until


def test_it_is_complete_when_each_kind_was_listed() -> None:
    state = WebhookState(dict)
    state.mark_synced("Service")
    assert not state.is_complete
    state.mark_synced("Namespace")
    assert state.is_complete
    state.reset()
    assert not state.is_complete


def test_a_kind_waits_for_what_the_source_says() -> None:
    statuses = {"Service": KindStatus(waiting_since=None)}
    state = WebhookState(lambda: statuses)  # type: ignore[arg-type,return-value]
    assert state.pending("Service") is None
    assert state.pending("Namespace") == PendingKind(0.0, "it is being listed")

    statuses["Service"] = KindStatus(waiting_since=0.0, error="refused (403)")
    pending = state.pending("Service")
    assert pending is not None and pending.seconds > 0 and str(pending).endswith(" s: refused (403)")


async def test_another_cluster_begins_anew(tmp_path: Path) -> None:
    source = FakeSource(service("shop/db", "10.0.0.1"))
    async with serving(tmp_path, source) as webhook:
        source.running_sink.set_cluster_identity("one")
        source.running_sink.set_cluster_identity("one")
        await asyncio.sleep(0)
        assert source.runs == 1
        source.objects = ()
        source.running_sink.set_cluster_identity("two")

        async def again() -> bool:
            return source.runs == 2 and await webhook.ready()

        await until(again)
        assert not source.running_sink.get_objects("Service")
