"""`POST /mutate` over HTTPS: reviews as an API server sends them, and what nobody should send."""

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from svcdns import rate_limited_log, server_certificate
from svcdns.kube.injection import admission, admission_review
from svcdns.kube.objects import Namespace, NamespaceMeta
from svcdns.web.webhook import review_handler
from tests import reviews
from tests.certificates import make_certificate
from tests.kube.injection.env_services import service
from tests.patience import PATIENCE
from tests.reviews import Object, env, pod, review
from tests.web.webhook.serving import (
    FakeSource,
    Webhook,
    certified,
    serving,
    until,
)

OBJECTS = (Namespace(NamespaceMeta("shop")), service("shop/db", "10.96.0.7", ports="5432"))
JSON = {"Content-Type": "application/json"}


async def mutate(webhook: Webhook, body: object) -> Object:
    data = json.dumps(body).encode()
    async with webhook.client.post(f"{webhook.url}/mutate?timeout=2s", data=data, headers=JSON) as response:
        assert (response.status, response.content_type) == (200, "application/json")
        assert response.headers["Server"] == "svcdns"
        answer: Object = await response.json()
        return answer


def limit(webhook: Webhook, monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    """Give the running webhook other bounds on bodies."""
    (mutate_route,) = [route for route in webhook.server._app.router.routes() if route.method == "POST"]
    bodies = mutate_route.handler.__self__._body_reader  # type: ignore[attr-defined]
    monkeypatch.setattr(bodies, "_limits", replace(bodies._limits, **limits))


async def begin_body(
    webhook: Webhook, length: int, part: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request whose body does not come to its end."""
    context = ssl._create_unverified_context()
    reader, writer = await asyncio.open_connection("127.0.0.1", webhook.port, ssl=context)
    head = "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    writer.write(head.format(length).encode() + part)
    return reader, writer


async def ended(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(OSError):
            return not await reader.read()
    return True


async def sample(webhook: Webhook, line: str) -> float:
    _, text = await webhook.text("/metrics")
    return float(
        next(shown.rpartition(" ")[2] for shown in text.splitlines() if shown.startswith(line + " "))
    )


async def test_a_pod_is_injected(tmp_path: Path) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        injected = pod({"env": [{"name": "URL", "value": "pg://$(DB_SERVICE_HOST)"}]})
        answer = await mutate(webhook, review(injected))
        assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
        assert answer["response"]["uid"] == review(injected)["request"]["uid"]
        assert "warnings" not in answer["response"]
        changed = reviews.patched(injected, answer)
        assert (env(changed)[0], env(changed)[-1], len(env(changed))) == ("DB_SERVICE_HOST", "URL", 8)
        assert changed["spec"]["enableServiceLinks"] is False
        assert await mutate(webhook, review(injected)) == answer
        again = await mutate(webhook, review(changed))
        assert reviews.patched(changed, again) == changed


async def test_a_service_that_changes_is_seen_at_once(tmp_path: Path) -> None:
    source = FakeSource(*OBJECTS)
    async with serving(tmp_path, source) as webhook:
        assert len(env(reviews.patched(pod(), await mutate(webhook, review(pod()))))) == 7
        source.tell([service("shop/db", "10.96.0.8"), service("default/kubernetes", "10.96.0.1")])
        changed = reviews.patched(pod(), await mutate(webhook, review(pod())))
        assert changed["spec"]["containers"][0]["env"] == [
            {"name": "DB_SERVICE_HOST", "value": "10.96.0.8"},
            {"name": "KUBERNETES_SERVICE_HOST", "value": "10.96.0.1"},
        ]


async def test_nothing_is_injected_before_all_is_known(tmp_path: Path) -> None:
    source = FakeSource(*OBJECTS, synced=False)
    async with serving(tmp_path, source) as webhook:
        answer = await mutate(webhook, review(pod()))
        assert reviews.patched(pod(), answer) == pod()
        assert answer["response"]["warnings"] == [
            "svcdns: the Services are not known yet: nothing is injected"
        ]
        assert await sample(webhook, 'svcdns_webhook_reviews_total{outcome="not_ready"}') == 1
        source.ready.set()
        await until(webhook.ready)
        assert env(reviews.patched(pod(), await mutate(webhook, review(pod()))))


async def test_a_dry_run_is_answered_and_not_counted(tmp_path: Path) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        answer = await mutate(webhook, review(pod(), dryRun=True))
        assert env(reviews.patched(pod(), answer))
        assert await sample(webhook, "svcdns_webhook_injected_variables_total") == 0
        await mutate(webhook, review(pod()))
        assert await sample(webhook, "svcdns_webhook_injected_variables_total") == 7


async def test_an_error_of_ours_costs_the_variables_not_the_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("oops")

    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        monkeypatch.setattr(admission, "decide_admission", broken)
        answer = await mutate(webhook, review(pod()))
        assert reviews.patched(pod(), answer) == pod()
        assert answer["response"]["warnings"][0].startswith("svcdns: an internal error")
        assert "oops" in caplog.text
        assert await sample(webhook, 'svcdns_webhook_reviews_total{outcome="failed"}') == 1


# --- what may be wrong is said


async def test_what_may_be_out_of_date_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = FakeSource(*OBJECTS)
    async with serving(tmp_path, source) as webhook:
        assert "warnings" not in (await mutate(webhook, review(pod())))["response"]
        source.waits["Service"] = "the API server refused (403)"
        answer = await mutate(webhook, review(pod()))
        warning = "svcdns: Services may be out of date: waited for since 0 s: the API server refused (403)"
        assert answer["response"]["warnings"] == [warning]
        assert env(reviews.patched(pod(), answer))
        assert "warnings" not in (await mutate(webhook, review(pod(labels={}))))["response"]
        source.synced("Service")
        assert "warnings" not in (await mutate(webhook, review(pod())))["response"]


async def test_warnings_are_logged_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A controller, which makes most Pods, shows them to nobody."""
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        await mutate(webhook, review(pod()))
        assert await sample(webhook, "svcdns_webhook_reviews_with_warnings_total") == 0
        await mutate(webhook, review(pod(annotations={"svcdns.io/services": "db, nope"})))
        assert await sample(webhook, "svcdns_webhook_reviews_with_warnings_total") == 1
        (record,) = [
            record
            for record in caplog.records
            if record.name == "svcdns.webhook" and record.levelname == "WARNING"
        ]
        assert record.getMessage().startswith("Pod shop/web-7d4b9c6f5-*: ") and "nope" in record.getMessage()
        caplog.clear()
        for number in range(2 * rate_limited_log.LINES):
            named = {"svcdns.io/services": ", ".join(f"nope-{number}-{n}" for n in range(100))}
            await mutate(webhook, review(pod(annotations=named)))
        assert len(caplog.records) == rate_limited_log.LINES - 1
        assert max(len(record.getMessage()) for record in caplog.records) < 2000


@pytest.mark.parametrize("metadata", [None, [], {"name": []}, {"name": "x" * 10_000}, {"generateName": None}])
async def test_the_log_names_whatever_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, metadata: Any
) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        await mutate(webhook, review(pod() | {"metadata": metadata}))
        assert max((len(record.getMessage()) for record in caplog.records), default=0) < 2000


# --- who may ask


async def test_only_clients_of_the_ca_may_ask(tmp_path: Path) -> None:
    """Probes, which have no certificate, go on."""
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
    good, bad = (make_certificate(tmp_path / name) for name in ("good", "bad"))
    files = certified(*make_certificate(tmp_path), good[0])
    async with serving(tmp_path, FakeSource(*OBJECTS), files=files) as webhook:
        body = json.dumps(review(pod())).encode()
        async with webhook.client.post(f"{webhook.url}/mutate", data=body, headers=JSON) as response:
            assert (response.status, "client certificate" in await response.text()) == (403, True)
        assert await sample(webhook, 'svcdns_webhook_reviews_total{outcome="refused"}') == 1
        assert await webhook.ready()
        assert await may_ask(webhook, good)
        assert not await may_ask(webhook, bad)


async def test_another_ca_takes_the_place_of_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_certificate, "REFRESH_INTERVAL", 0.05)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old, new = (make_certificate(tmp_path / name) for name in ("old", "new"))
    trusted = tmp_path / "ca.crt"
    trusted.write_bytes(old[0].read_bytes())
    files = certified(*make_certificate(tmp_path), trusted)
    async with serving(tmp_path, FakeSource(*OBJECTS), files=files) as webhook:
        assert await may_ask(webhook, old) and not await may_ask(webhook, new)
        trusted.write_bytes(new[0].read_bytes())
        await until(lambda: may_ask(webhook, new))
        assert not await may_ask(webhook, old)


async def may_ask(webhook: Webhook, certificate: tuple[Path, Path]) -> bool:
    """Whether a client that begins now, with this certificate, is answered."""
    context = ssl._create_unverified_context()
    context.load_cert_chain(*certificate)
    body = json.dumps(review(pod())).encode()
    url = f"{webhook.url}/mutate"
    try:
        async with webhook.client.post(url, data=body, headers=JSON, ssl=context) as response:
            return bool(env(reviews.patched(pod(), await response.json())))
    except aiohttp.ClientError:
        return False


# --- what is refused

REFUSED = [
    (b"{}", JSON, 400),
    (b"", JSON, 400),
    (b"[" * 1_000_000, JSON, 400),
    (b"nonsense", JSON, 400),
    (json.dumps(review(pod())).encode(), {"Content-Type": "text/plain"}, 415),
    (json.dumps(review(pod())).encode(), {}, 415),
    (b"\x1f\x8b", {**JSON, "Content-Encoding": "gzip"}, 415),
    (b" " * (review_handler.BODY_LIMITS.max_bytes + 1), JSON, 413),
]


@pytest.mark.parametrize(("body", "headers", "status"), REFUSED, ids=lambda value: str(value)[:30])
async def test_what_is_no_review(tmp_path: Path, body: bytes, headers: dict[str, str], status: int) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        async with webhook.client.post(f"{webhook.url}/mutate", data=body, headers=headers) as response:
            assert response.status == status
            assert await response.text()
        assert await sample(webhook, 'svcdns_webhook_reviews_total{outcome="refused"}') == 1
        assert env(reviews.patched(pod(), await mutate(webhook, review(pod()))))


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size >> 16):
        yield b" " * (1 << 16)


async def test_a_body_without_a_length_has_the_same_bound(tmp_path: Path) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        data = chunks(review_handler.BODY_LIMITS.max_bytes + (1 << 20))
        async with webhook.client.post(f"{webhook.url}/mutate", data=data, headers=JSON) as response:
            assert response.status == 413


async def test_other_methods_and_paths(tmp_path: Path) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        assert (await webhook.text("/mutate"))[0] == 405
        assert (await webhook.text("/"))[0] == 404


async def test_a_slow_body_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        limit(webhook, monkeypatch, timeout=0.1)

        async def slow() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(30)

        begin = time.monotonic()
        async with webhook.client.post(f"{webhook.url}/mutate", data=slow(), headers=JSON) as response:
            assert response.status == 408
        assert time.monotonic() - begin < 10
        assert env(reviews.patched(pod(), await mutate(webhook, review(pod()))))


async def test_slow_senders_keep_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        limit(webhook, monkeypatch, timeout=PATIENCE)
        slow = [await begin_body(webhook, 9, b"") for _ in range(40)]
        for _ in range(3):
            assert env(reviews.patched(pod(), await mutate(webhook, review(pod()))))
        for _, writer in slow:
            writer.close()


async def test_bodies_are_bounded_together_and_the_largest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        limit(webhook, monkeypatch, timeout=PATIENCE, max_total_bytes=1 << 20)
        small = await begin_body(webhook, 400_000, b" " * 300_000)
        large = [await begin_body(webhook, 700_000, b" " * 600_000) for _ in range(3)]
        for reader, _ in large[:2]:
            assert await ended(reader)
        assert env(reviews.patched(pod(), await mutate(webhook, review(pod()))))
        small[1].write(b" " * 100_000)
        assert (await small[0].readline()).split()[1] == b"400"  # it came whole, and is no review
        for _, writer in (small, *large):
            writer.close()


async def test_tls_1_2_is_the_least(tmp_path: Path) -> None:
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        assert webhook.server._certificate.context.minimum_version == ssl.TLSVersion.TLSv1_2
        context = ssl._create_unverified_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        _, writer = await asyncio.open_connection("127.0.0.1", webhook.port, ssl=context)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
        writer.close()


HUGE = [
    pod({"env": [{"name": f"A{n}", "value": "$(DB_PORT)" * 3} for n in range(20_000)]}),
    pod({"args": ["$(" * 500_000, "$(A" * 100_000 + ")", "$" * 300_000]}),
    pod({"envFrom": [{"prefix": f"DB{n}"} for n in range(30_000)]}),
    pod(*({"name": "c"} for _ in range(6_000))),
    pod(annotations={"svcdns.io/services": "x," * 300_000}),
    pod(annotations={f"a{n}": None for n in range(100_000)}),  # type: ignore[misc]
]


@pytest.mark.parametrize("huge", HUGE, ids=["env", "references", "envFrom", "containers", "names", "nulls"])
async def test_huge_pods_do_not_hold_up_the_others(tmp_path: Path, huge: Object) -> None:
    body = json.dumps(review(huge)).encode()
    assert len(body) < review_handler.BODY_LIMITS.max_bytes
    begin = time.process_time()
    request = admission_review.decode_review(body)
    async with serving(tmp_path, FakeSource(*OBJECTS)) as webhook:
        answer = await mutate(webhook, review(huge))
        assert answer["response"]["uid"] == request.uid and answer["response"]["allowed"]
    assert time.process_time() - begin < 5  # quadratic ones would take minutes
