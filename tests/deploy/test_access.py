"""RBAC against what the code really asks of the API server, and the webhook's registration."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiohttp import web

from svcdns.cli import app
from svcdns.kube.objects import Kind
from svcdns.sources.apiserver.api_resources import API_RESOURCES
from svcdns.web.webhook import webhook_manifests, webhook_state
from svcdns.web.webhook.pki import CertificateBundle
from svcdns.web.webhook.webhook_manifests import WebhookObjectNames
from tests.deploy import manifests
from tests.deploy.manifests import Object, build, named, of_kind
from tests.web.webhook.fake_registry import FakeRegistry

Right: TypeAlias = tuple[str, str, str, str]
"""API group, resource, name of an object or nothing, verb."""

VERBS = {"GET": "get", "POST": "create", "PATCH": "patch"}
SITE = WebhookObjectNames("svcdns", "svcdns-webhook", "svcdns-webhook-tls", "svcdns-webhook")
CONFIGURATION = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{SITE.configuration}"


def granted(objects: list[Object], account: str) -> list[Right]:
    """All that is bound to an account, as often as it is."""
    rights: list[Right] = []
    for binding in of_kind(objects, "ClusterRoleBinding", "RoleBinding"):
        subjects = [(item["kind"], item["name"]) for item in binding["subjects"]]
        if ("ServiceAccount", account) in subjects:
            accounts = named(objects, "ServiceAccount", account)
            assert {item["namespace"] for item in binding["subjects"]} == {accounts["metadata"]["namespace"]}
            role = named(objects, binding["roleRef"]["kind"], binding["roleRef"]["name"])
            rights += rights_of(role["rules"])

    return rights


def rights_of(rules: Iterable[Object]) -> list[Right]:
    return [
        (group, resource, name, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    ]


def asked(method: str, path: str) -> Right:
    """`/apis/GROUP/VERSION/...` or `/api/v1/...`, and within a namespace."""
    _, root, *remainder = path.split("/")
    group = remainder.pop(0) if root == "apis" else ""
    _, *remainder = remainder
    if len(remainder) > 2:
        remainder = remainder[2:]

    resource, name = (*remainder, "")[:2]
    return group, resource, name, VERBS[method]


def watched(kinds: Iterable[Kind]) -> list[Right]:
    places = [asked("GET", API_RESOURCES[kind].path)[:3] for kind in kinds]
    return [(*place, verb) for place in places for verb in ("list", "watch")]


@pytest.mark.parametrize("name", manifests.SERVERS)
def test_the_servers_may_read_what_they_read(name: str) -> None:
    objects = build(name)
    (account,) = of_kind(objects, "ServiceAccount")
    assert sorted(granted(objects, account["metadata"]["name"])) == sorted(watched(API_RESOURCES))


def test_the_webhook_may_read_what_it_reads() -> None:
    rights = granted(build("overlays/webhook"), "svcdns-webhook")
    assert sorted(rights) == sorted(watched(webhook_state.WATCHED_KINDS))


class Recording(FakeRegistry):
    """Remembers every request for the two objects."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[Right] = set()

    def add_routes(self, app: web.Application) -> None:
        super().add_routes(app)

        @web.middleware
        async def record(request: web.Request, handler: Any) -> Any:
            self.asked.add(asked(request.method, request.path))
            return await handler(request)

        app.middlewares.append(record)


async def test_certificates_are_renewed_with_the_rights_there_are(tmp_path: Path) -> None:
    """The CronJob's own command, for the first certificate and for one that is due."""
    objects = build("overlays/webhook")
    ((_, template),) = ((item, of) for item, of in manifests.templates(objects) if item["kind"] == "CronJob")
    api = Recording()
    await api.start()
    api.keep(CONFIGURATION, named(objects, "MutatingWebhookConfiguration", SITE.configuration))
    own = ["--kubeconfig", str(api.kubeconfig(tmp_path)), "--namespace", SITE.namespace]
    command = [*template["spec"]["containers"][0]["args"], *own]
    try:
        for flags in (["--days", "1", "--renew-before", "0"], []):
            assert await asyncio.to_thread(app.run_command_line, [*command, *flags]) == 0
    finally:
        await api.stop()

    assert sorted(granted(objects, template["spec"]["serviceAccountName"])) == sorted(api.asked)
    assert f"/api/v1/namespaces/{SITE.namespace}/secrets/{SITE.secret}" in api.stored
    trusted = [item["clientConfig"]["caBundle"] for item in api.stored[CONFIGURATION]["webhooks"]]

    assert len(trusted) == 2


def test_the_webhooks_are_those_of_the_command() -> None:
    """`svcdns webhook certs` prints them too."""
    objects = build("overlays/webhook")
    mine = named(objects, "MutatingWebhookConfiguration", SITE.configuration)["webhooks"]
    printed = webhook_manifests.configuration_manifest(SITE, CertificateBundle(b"", b"", b""))["webhooks"]
    for item in printed:
        del item["clientConfig"]["caBundle"]

    assert mine == printed


def test_the_webhook_is_reached_and_holds_nothing_up() -> None:
    objects = build("overlays/webhook")
    for item in named(objects, "MutatingWebhookConfiguration", SITE.configuration)["webhooks"]:
        to = item["clientConfig"]["service"]
        service = named(objects, "Service", to["name"])
        assert service["metadata"]["namespace"] == to["namespace"]
        assert to["port"] in [port["port"] for port in service["spec"]["ports"]]
        assert (item["failurePolicy"], item["timeoutSeconds"], item["sideEffects"]) == ("Ignore", 2, "None")
        away = {"key": "kubernetes.io/metadata.name", "operator": "NotIn"}
        assert (
            away | {"values": ["kube-system", to["namespace"]]}
            in item["namespaceSelector"]["matchExpressions"]
        )
        assert item["matchConditions"]
