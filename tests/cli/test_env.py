"""`svcdns env` on manifests: what is chosen, `--check`, and mistakes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import svcdns

SERVICES = """\
apiVersion: v1
kind: Service
metadata: {name: kubernetes}
spec: {clusterIP: 10.96.0.1, ports: [{port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.96.0.7, ports: [{name: pg, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: 1st, namespace: shop}
spec: {clusterIP: 10.96.0.8, ports: [{port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: auth, namespace: other}
spec: {clusterIP: "fd00:10:96::9", ipFamilies: [IPv6], ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: peers, namespace: other}
spec: {clusterIP: None, ports: [{port: 80}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: empty}
"""

DB = """\
DB_SERVICE_HOST=10.96.0.7
DB_SERVICE_PORT=5432
DB_SERVICE_PORT_PG=5432
DB_PORT=tcp://10.96.0.7:5432
DB_PORT_5432_TCP=tcp://10.96.0.7:5432
DB_PORT_5432_TCP_PROTO=tcp
DB_PORT_5432_TCP_PORT=5432
DB_PORT_5432_TCP_ADDR=10.96.0.7
"""

AUTH = """\
AUTH_SERVICE_HOST=fd00:10:96::9
AUTH_SERVICE_PORT=80
AUTH_PORT=tcp://[fd00:10:96::9]:80
AUTH_PORT_80_TCP=tcp://[fd00:10:96::9]:80
AUTH_PORT_80_TCP_PROTO=tcp
AUTH_PORT_80_TCP_PORT=80
AUTH_PORT_80_TCP_ADDR=fd00:10:96::9
"""

KUBERNETES = """\
KUBERNETES_SERVICE_HOST=10.96.0.1
KUBERNETES_SERVICE_PORT=443
KUBERNETES_PORT=tcp://10.96.0.1:443
KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443
KUBERNETES_PORT_443_TCP_PROTO=tcp
KUBERNETES_PORT_443_TCP_PORT=443
KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1
"""


@pytest.fixture
def env(run, tmp_path, monkeypatch):
    """`svcdns env` with these manifests, in their folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "services.yaml").write_text(SERVICES)
    return lambda *args: run("env", "--manifests", "services.yaml", *args)


def test_a_namespace(env):
    found = env("-n", "shop")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("# not a shell's name: 1ST_SERVICE_HOST=10.96.0.8\n")
    assert found.out.endswith(DB + KUBERNETES)


def test_the_default_namespace(env):
    assert env() == (0, KUBERNETES, "")


def test_named_services_in_their_order(env):
    assert env("-n", "shop", "--service", "auth.other", "--service", "db") == (0, AUTH + DB, "")
    assert env("-n", "other", "--service", "auth") == (0, AUTH, "")


def test_every_shell_sees_them(tmp_path):
    """As the help says it, in a process of its own; a Service `1st` does no harm."""
    (tmp_path / "services.yaml").write_text(SERVICES)
    command = (
        f"'{sys.executable}' -m svcdns env -n shop --format shell --manifests '{tmp_path}/services.yaml'"
    )
    script = f'set -eu; eval "$({command})"; echo "$DB_SERVICE_HOST $DB_PORT"; env'
    done = subprocess.run(
        ["sh", "-c", script],
        capture_output=True,
        text=True,
        cwd=Path(svcdns.__file__).parents[1],
        env={name: value for name, value in os.environ.items() if not name.startswith("SVCDNS_")},
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("10.96.0.7 tcp://10.96.0.7:5432\n")
    assert set((DB + KUBERNETES).splitlines()) <= set(done.stdout.splitlines())
    assert "1ST_" not in done.stdout


def test_a_collision_is_a_warning(env, tmp_path):
    with (tmp_path / "services.yaml").open("a") as file:
        file.write("---\n{apiVersion: v1, kind: Service, metadata: {name: db-service, namespace: shop},")
        file.write(" spec: {ports: [{port: 1}]}}\n")
    found = env("-n", "shop")
    assert (found.code, "DB_SERVICE_PORT=5432\n" in found.out) == (0, True)
    assert found.err == (
        "svcdns: Services shop/db and shop/db-service both make DB_SERVICE_PORT: shop/db's is used\n"
    )


# --- mistakes

MISTAKES = [
    (("-n", "shp"), 'namespaces "shp" not found; did you mean "shop"?'),
    (("-n", "zzz"), 'namespaces "zzz" not found; `svcdns services -A` lists what there is'),
    (("-n", "shop", "--service", "dbb"), 'services "dbb" not found in namespace "shop"; did you mean "db"?'),
    (
        ("-n", "shop", "--service", "auth"),
        'services "auth" not found in namespace "shop"; of another namespace it is --service auth.other',
    ),
    (
        ("-n", "shop", "--service", "db.shop.svc.cluster.local"),
        '"db.shop.svc.cluster.local" is no name of a Service: write db.shop',
    ),
    (
        ("--service", "zzz.shop"),
        'services "zzz" not found in namespace "shop"; `svcdns services -A` lists what there is',
    ),
]


@pytest.mark.parametrize(("args", "said"), MISTAKES)
def test_what_is_unknown_ends_with_1(env, args, said):
    assert env(*args) == (1, "", f"svcdns: {said}\n")


def test_nothing_to_print_is_said(env):
    said = "svcdns: no Service with a cluster IP is known in namespace empty\n"
    assert env("-n", "empty") == (0, KUBERNETES, said)
    said = "svcdns: Service other/peers has no cluster IP, so there are no variables of it\n"
    assert env("-n", "other", "--service", "peers") == (0, "", said)


def test_wrong_flags_end_with_2(env, run):
    found = env("--check", "pod.yaml", "--format", "json")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("svcdns: Invalid value for --format: --check prints a table; leave it out\n")
    assert env("--format", "toml").code == 2
    assert run("env").err.startswith("svcdns: nothing to serve: give --manifests PATH")


# --- --check

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
svcdns: pod.yaml:2: Deployment shop/web, container app: env[0].value: nothing gives LATER, so $(LATER) stays as it is
svcdns: pod.yaml:2: Deployment shop/web, container app: args[0]: nothing gives PEER_HOST, so $(PEER_HOST) stays as it is
"""  # noqa: E501


def test_check(env, tmp_path):
    (tmp_path / "services.yaml").write_text(SERVICES.split("---\n")[1])
    (tmp_path / "pod.yaml").write_text(DEPLOYMENT)
    assert env("--check", "pod.yaml") == (0, CHECKED, DANGLING)
    assert env("--check", "pod.yaml", "--service", "db") == (0, CHECKED, DANGLING)


def test_check_knows_enable_service_links(env, tmp_path):
    spec = "{enableServiceLinks: false, containers: [{name: c}]}"
    (tmp_path / "pod.yaml").write_text(f"{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {spec}}}")
    found = env("--check", "pod.yaml", "-n", "shop")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("pod.yaml:1: Pod shop/a, container c\nNAME ")
    names = [line.split()[0] for line in found.out.splitlines()[2:]]
    assert names == [line.split("=")[0] for line in KUBERNETES.splitlines()]


def test_check_of_standard_input_and_of_a_list(env, monkeypatch):
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: new}, spec: {containers: [{name: c}]}}"
    text = f"apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: Secret}}\n- {pod}\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    found = env("--check", "-")
    assert found.out.startswith("-:5: Pod new/a, container c\nNAME ")
    said = "no Service with a cluster IP is known in namespace new"
    assert found.err == f"svcdns: -:5: Pod new/a: {said}\n"


def test_check_of_a_typed_list(env, tmp_path):
    """As the API server writes it: the items have no kind of their own."""
    item = "{metadata: {name: web, namespace: shop}, spec: {template: {spec: {containers: [{name: c}]}}}}"
    text = f"apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- {item}\n"
    (tmp_path / "list.yaml").write_text(text)
    assert env("--check", "list.yaml").out.startswith("list.yaml:4: Deployment shop/web, container c\nNAME ")


def test_check_refuses_a_namespace_that_is_none(env, tmp_path):
    """It would stand in a path of the API server."""
    metadata = "{name: a, namespace: ../x}"
    spec = "{containers: [{name: c}]}"
    (tmp_path / "pod.yaml").write_text(f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {spec}}}")
    found = env("--check", "pod.yaml")
    assert (found.code, found.out) == (1, "")
    assert 'pod.yaml:1: Pod ../x/a: metadata.namespace: Invalid value: "../x"' in found.err


def test_check_says_what_is_wrong_in_the_file(env, tmp_path):
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
    (tmp_path / "pod.yaml").write_text(f"{pod}  - {{name: c, env: [{{value: x}}]}}\n---\na: [\n")
    found = env("--check", "pod.yaml")
    assert (found.code, found.out) == (1, "")
    assert found.err.splitlines()[0] == (
        "svcdns: pod.yaml:6: Pod default/a: spec.containers[0].env[0].name: Required value"
    )
    assert found.err.splitlines()[1].startswith("svcdns: pod.yaml:8: ")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("services.yaml", "no Pod in it; wanted is one, or a Deployment, Job or the like"),
        ("none.yaml", "cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
    ],
)
def test_check_without_a_pod(env, name, said):
    assert env("--check", name) == (1, "", f"svcdns: {name}: {said}\n")


def test_check_prints_no_control_characters(env, tmp_path):
    """What a manifest says is no command to the terminal."""
    container = r'{name: "c\e[1m", env: [{name: "A\n", value: "\a$(B)$(X\e)"}]}'
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{container}]}}}}"
    (tmp_path / "pod.yaml").write_text(pod)
    found = env("--check", "pod.yaml", "-n", "shop")
    assert found.code == 0
    assert all(c.isprintable() or c == "\n" for c in found.out + found.err)


# --- --check of Pods that the webhook injects

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


def test_check_of_named_services(env, tmp_path):
    (tmp_path / "pod.yaml").write_text(INJECTED)
    (tmp_path / "services.yaml").write_text(SERVICES.replace("1st", "first") + ALLOW)
    found = env("--check", "pod.yaml")
    names = [[line.split("=")[0] for line in text.splitlines()] for text in (AUTH, DB, KUBERNETES)]
    own = [name for name in names[1] if name != "DB_PORT"]
    assert found.code == 0
    assert tables(found.out) == [[*names[0], *own, *names[2], "DB_PORT"], names[2]]
    assert found.out.startswith(
        "pod.yaml:1: Pod shop/web, injected by the webhook: enableServiceLinks: false\n"
    )
    assert found.err.splitlines() == [
        "svcdns: pod.yaml:1: Pod shop/web: Service shop/dbb does not exist",
        'svcdns: pod.yaml:1: Pod shop/web: container "app": nothing gives $(FIRST_SERVICE_HOST): '
        "the Service shop/first is not named",
    ]


def test_check_says_what_the_webhook_sets(env, tmp_path, monkeypatch):
    (tmp_path / "pod.yaml").write_text(INJECTED.replace("auth.other, db, dbb", "db"))
    (tmp_path / "services.yaml").write_text(SERVICES.replace("1st", "first"))
    monkeypatch.setenv("SVCDNS_WEBHOOK_NDOTS", "2")
    monkeypatch.setenv("SVCDNS_WEBHOOK_DNS_CONFIG", "single-request")
    sets = "enableServiceLinks: false, options of resolv.conf: ndots:2, single-request"
    assert env("--check", "pod.yaml").out.startswith(
        f"pod.yaml:1: Pod shop/web, injected by the webhook: {sets}\n\npod.yaml:1: Pod shop/web, container "
    )


def test_check_knows_labels_that_are_nearly_right(env, tmp_path):
    (tmp_path / "pod.yaml").write_text(
        INJECTED.replace('"true"', '"yes"').replace("auth.other, db, dbb", "db")
    )
    found = env("--check", "pod.yaml")
    assert "injected by the webhook" not in found.out
    label = 'label svcdns.io/inject: "yes" of the Pod: wanted is "true" or "false"; it counts for nothing'
    assert found.err.splitlines()[0] == f"svcdns: pod.yaml:1: Pod shop/web: {label}"


def test_check_of_a_pod_that_is_too_much(env, tmp_path):
    containers = ", ".join(f"{{name: c{number}}}" for number in range(129))
    pod = INJECTED.split("spec:")[0] + f"spec: {{containers: [{containers}]}}\n"
    (tmp_path / "pod.yaml").write_text(pod.replace(", db, dbb", ""))
    found = env("--check", "pod.yaml")
    assert found.code == 0
    said = "the webhook leaves the Pod as it is: spec: over 128 containers"
    assert f"svcdns: pod.yaml:1: Pod shop/web: {said}" in found.err


def test_check_of_named_services_that_are_not_allowed(env, tmp_path):
    (tmp_path / "pod.yaml").write_text(INJECTED.replace(", db, dbb", ""))
    found = env("--check", "pod.yaml")
    assert "AUTH_SERVICE_HOST" not in found.out
    assert "Pod shop/web: Service other/auth is left out: its namespace does not allow it" in found.err


def test_check_without_the_label(env, tmp_path):
    text = INJECTED.replace('labels: {svcdns.io/inject: "true"}', "labels: {}").replace(", dbb", "")
    (tmp_path / "pod.yaml").write_text(text.replace("auth.other, ", ""))
    found = env("--check", "pod.yaml")
    assert "DB_SERVICE_HOST" in found.out
    assert "injected by the webhook" not in found.out
    said = 'without the label svcdns.io/inject: "true" the webhook leaves this Pod as it is'
    assert f"svcdns: pod.yaml:1: Pod shop/web: {said}" in found.err


def test_check_knows_the_budget(env, tmp_path, monkeypatch):
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
    found = env("--check", "pod.yaml")
    assert "S49_PORT_80_TCP" not in found.out
    assert 'container "app": over 1024 bytes' in found.err
