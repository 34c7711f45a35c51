"""`svcdns env --check` of Pods that the webhook injects."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.envs import AUTH, DB, KUBERNETES, SERVICES

INJECTED = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {svcdns.io/inject: "true"}
  annotations: {svcdns.io/services: "auth.other, db, dbb"}
spec:
  containers:
  - {name: app, args: ["$(FIRST_SERVICE_HOST) $(DB_SERVICE_HOST)"], env: [{name: DB_PORT, value: mine}]}
  ephemeralContainers:
  - {name: debug}
"""
ALLOW = (
    "---\napiVersion: v1\nkind: Namespace\n"
    "metadata: {name: other, annotations: {svcdns.io/allow-injection-into: shop}}\n"
)


def tables(text: str) -> list[list[str]]:
    """The names of each table; what the webhook sets is a line alone."""
    parts = [part.splitlines() for part in text.split("\n\n")]
    return [[line.split()[0] for line in lines[2:]] for lines in parts if len(lines) > 1]


def test_check_of_named_services(env: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(INJECTED)
    (tmp_path / "services.yaml").write_text(SERVICES.replace("1st", "first") + ALLOW)
    result = env("--check", "pod.yaml")
    names = [[line.split("=")[0] for line in text.splitlines()] for text in (AUTH, DB, KUBERNETES)]
    own = [name for name in names[1] if name != "DB_PORT"]

    assert result.code == 0
    assert tables(result.out) == [[*names[0], *own, *names[2], "DB_PORT"], names[2]]
    assert result.out.startswith(
        "pod.yaml:1: Pod shop/web, injected by the webhook: enableServiceLinks: false\n"
    )
    assert result.err.splitlines() == [
        "svcdns: pod.yaml:1: Pod shop/web: Service shop/dbb does not exist",
        'svcdns: pod.yaml:1: Pod shop/web: container "app": nothing gives $(FIRST_SERVICE_HOST): '
        "the Service shop/first is not named",
    ]


def test_check_says_what_the_webhook_sets(env: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pod.yaml").write_text(INJECTED.replace("auth.other, db, dbb", "db"))
    (tmp_path / "services.yaml").write_text(SERVICES.replace("1st", "first"))
    monkeypatch.setenv("SVCDNS_WEBHOOK_NDOTS", "2")
    monkeypatch.setenv("SVCDNS_WEBHOOK_DNS_CONFIG", "single-request")
    sets = "enableServiceLinks: false, options of resolv.conf: ndots:2, single-request"

    assert env("--check", "pod.yaml").out.startswith(
        f"pod.yaml:1: Pod shop/web, injected by the webhook: {sets}\n\npod.yaml:1: Pod shop/web, container "
    )


def test_check_knows_labels_that_are_nearly_right(env: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(
        INJECTED.replace('"true"', '"yes"').replace("auth.other, db, dbb", "db")
    )
    result = env("--check", "pod.yaml")
    assert "injected by the webhook" not in result.out
    label = 'label svcdns.io/inject: "yes" of the Pod must be "true" or "false"; it is ignored'

    assert result.err.splitlines()[0] == f"svcdns: pod.yaml:1: Pod shop/web: {label}"


def test_check_of_a_pod_that_is_too_much(env: Run, tmp_path: Path) -> None:
    containers = ", ".join(f"{{name: c{number}}}" for number in range(129))
    pod = INJECTED.split("spec:")[0] + f"spec: {{containers: [{containers}]}}\n"
    (tmp_path / "pod.yaml").write_text(pod.replace(", db, dbb", ""))
    result = env("--check", "pod.yaml")
    assert result.code == 0
    message = "the webhook leaves the Pod as it is: spec: over 128 containers"

    assert f"svcdns: pod.yaml:1: Pod shop/web: {message}" in result.err


def test_check_of_named_services_that_are_not_allowed(env: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(INJECTED.replace(", db, dbb", ""))
    result = env("--check", "pod.yaml")
    assert "AUTH_SERVICE_HOST" not in result.out
    assert "Pod shop/web: Service other/auth is left out: its namespace does not allow it" in result.err


def test_check_without_the_label(env: Run, tmp_path: Path) -> None:
    text = INJECTED.replace('labels: {svcdns.io/inject: "true"}', "labels: {}").replace(", dbb", "")
    (tmp_path / "pod.yaml").write_text(text.replace("auth.other, ", ""))
    result = env("--check", "pod.yaml")
    assert "DB_SERVICE_HOST" in result.out
    assert "injected by the webhook" not in result.out
    message = 'without the label svcdns.io/inject: "true" the webhook leaves this Pod as it is'

    assert f"svcdns: pod.yaml:1: Pod shop/web: {message}" in result.err


def test_check_knows_the_budget(env: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond it nobody gives, since the webhook switches enableServiceLinks off."""
    with (tmp_path / "services.yaml").open("a") as file:
        for number in range(50):
            file.write(
                f"---\n{{apiVersion: v1, kind: Service, metadata: {{name: s{number}, namespace: shop}}, "
                f"spec: {{clusterIP: 10.96.1.{number}, ports: [{{port: 80}}]}}}}\n"
            )

    pod = INJECTED.replace('  annotations: {svcdns.io/services: "auth.other, db, dbb"}\n', "")
    (tmp_path / "services.yaml").write_text((tmp_path / "services.yaml").read_text().replace("1st", "first"))
    (tmp_path / "pod.yaml").write_text(pod)
    assert "S49_PORT_80_TCP" in env("--check", "pod.yaml").out
    monkeypatch.setenv("SVCDNS_WEBHOOK_BUDGET", "1024")
    result = env("--check", "pod.yaml")

    assert "S49_PORT_80_TCP" not in result.out
    assert 'container "app": over 1024 bytes' in result.err
