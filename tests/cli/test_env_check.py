"""`svcdns env --check`: what the containers of a manifest would find."""

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.envs import KUBERNETES, SERVICES

DEPLOYMENT = """\
# one that says much
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      initContainers:
      - {name: wait, restartPolicy: Always, env: [{name: DB_PORT, value: none}]}
      containers:
      - name: app
        args: ["--peer=$(PEER_HOST)"]
        envFrom: [{prefix: DB_PORT_5432_TCP_, configMapRef: {name: settings}}]
        env:
        - {name: URL, value: "pg://$(DB_SERVICE_HOST):$(DB_PORT_5432_TCP_PORT)/$(LATER)"}
        - {name: LATER, value: "$$(TOKEN)"}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token, optional: true}}}
        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
"""

CHECKED = """\
pod.yaml:2: Deployment shop/web, sidecar wait
NAME                     VALUE                  FROM
DB_SERVICE_HOST          10.96.0.7              Service shop/db
DB_SERVICE_PORT          5432                   Service shop/db
DB_SERVICE_PORT_PG       5432                   Service shop/db
DB_PORT_5432_TCP         tcp://10.96.0.7:5432   Service shop/db
DB_PORT_5432_TCP_PROTO   tcp                    Service shop/db
DB_PORT_5432_TCP_PORT    5432                   Service shop/db
DB_PORT_5432_TCP_ADDR    10.96.0.7              Service shop/db
DB_PORT                  none                   env, in place of Service shop/db's tcp://10.96.0.7:5432

pod.yaml:2: Deployment shop/web, container app
NAME                     VALUE                          FROM
DB_SERVICE_HOST          10.96.0.7                      Service shop/db
DB_SERVICE_PORT          5432                           Service shop/db
DB_SERVICE_PORT_PG       5432                           Service shop/db
DB_PORT                  tcp://10.96.0.7:5432           Service shop/db
DB_PORT_5432_TCP         tcp://10.96.0.7:5432           Service shop/db
DB_PORT_5432_TCP_PROTO   tcp                            Service shop/db, unless ConfigMap settings has PROTO
DB_PORT_5432_TCP_PORT    5432                           Service shop/db, unless ConfigMap settings has PORT
DB_PORT_5432_TCP_ADDR    10.96.0.7                      Service shop/db, unless ConfigMap settings has ADDR
DB_PORT_5432_TCP_*       <unknown>                      envFrom ConfigMap settings
URL                      pg://10.96.0.7:5432/$(LATER)   env, unless ConfigMap settings has PORT
LATER                    $(TOKEN)                       env
TOKEN                    <unknown>                      env, key token of Secret keys if there is one
IP                       <unknown>                      env, field status.podIP
"""

DANGLING = """\
svcdns: pod.yaml:2: Deployment shop/web, container app: env[0].value: nothing sets LATER, so $(LATER) stays as it is
svcdns: pod.yaml:2: Deployment shop/web, container app: args[0]: nothing sets PEER_HOST, so $(PEER_HOST) stays as it is
"""  # noqa: E501


def test_check(env: Run, tmp_path: Path) -> None:
    (tmp_path / "services.yaml").write_text(SERVICES.split("---\n")[1])
    (tmp_path / "pod.yaml").write_text(DEPLOYMENT)
    assert env("--check", "pod.yaml") == (0, CHECKED, DANGLING)
    assert env("--check", "pod.yaml", "--service", "db") == (0, CHECKED, DANGLING)


def test_check_knows_enable_service_links(env: Run, tmp_path: Path) -> None:
    spec = "{enableServiceLinks: false, containers: [{name: c}]}"
    (tmp_path / "pod.yaml").write_text(f"{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {spec}}}")
    result = env("--check", "pod.yaml", "-n", "shop")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("pod.yaml:1: Pod shop/a, container c\nNAME ")
    names = [line.split()[0] for line in result.out.splitlines()[2:]]

    assert names == [line.split("=")[0] for line in KUBERNETES.splitlines()]


def test_check_of_standard_input_and_of_a_list(env: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: new}, spec: {containers: [{name: c}]}}"
    text = f"apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: Secret}}\n- {pod}\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    result = env("--check", "-")
    assert result.out.startswith("-:5: Pod new/a, container c\nNAME ")
    message = "namespace new has no Service with a cluster IP"

    assert result.err == f"svcdns: -:5: Pod new/a: {message}\n"


def test_check_of_a_typed_list(env: Run, tmp_path: Path) -> None:
    """As the API server writes it: the items have no kind of their own."""
    item = "{metadata: {name: web, namespace: shop}, spec: {template: {spec: {containers: [{name: c}]}}}}"
    text = f"apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- {item}\n"
    (tmp_path / "list.yaml").write_text(text)
    assert env("--check", "list.yaml").out.startswith("list.yaml:4: Deployment shop/web, container c\nNAME ")


def test_check_refuses_a_namespace_that_is_none(env: Run, tmp_path: Path) -> None:
    """It would stand in a path of the API server."""
    metadata = "{name: a, namespace: ../x}"
    spec = "{containers: [{name: c}]}"
    (tmp_path / "pod.yaml").write_text(f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {spec}}}")
    result = env("--check", "pod.yaml")

    assert (result.code, result.out) == (1, "")
    assert 'pod.yaml:1: Pod ../x/a: metadata.namespace: Invalid value: "../x"' in result.err


def test_check_says_what_is_wrong_in_the_file(env: Run, tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
    (tmp_path / "pod.yaml").write_text(f"{pod}  - {{name: c, env: [{{value: x}}]}}\n---\na: [\n")
    result = env("--check", "pod.yaml")

    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[0] == (
        "svcdns: pod.yaml:6: Pod default/a: spec.containers[0].env[0].name: Required value"
    )
    assert result.err.splitlines()[1].startswith("svcdns: pod.yaml:8: ")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("services.yaml", "no Pod in it: the file needs a Pod, a Deployment, a Job or the like"),
        ("none.yaml", "cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
    ],
)
def test_check_without_a_pod(env: Run, name: str, message: str) -> None:
    assert env("--check", name) == (1, "", f"svcdns: {name}: {message}\n")


def test_check_prints_no_control_characters(env: Run, tmp_path: Path) -> None:
    """What a manifest says is no command to the terminal."""
    container = r'{name: "c\e[1m", env: [{name: "A\n", value: "\a$(B)$(X\e)"}]}'
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{container}]}}}}"
    (tmp_path / "pod.yaml").write_text(pod)
    result = env("--check", "pod.yaml", "-n", "shop")

    assert result.code == 0
    assert all(c.isprintable() or c == "\n" for c in result.out + result.err)
