"""`svcdns env` on manifests: what is chosen, and mistakes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import svcdns
from tests.cli.conftest import Run
from tests.cli.envs import AUTH, DB, KUBERNETES, SERVICES
from tests.patience import PATIENCE


def test_a_namespace(env: Run) -> None:
    result = env("-n", "shop")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("# not a shell's name: 1ST_SERVICE_HOST=10.96.0.8\n")
    assert result.out.endswith(DB + KUBERNETES)


def test_the_default_namespace(env: Run) -> None:
    assert env() == (0, KUBERNETES, "")


def test_named_services_in_their_order(env: Run) -> None:
    assert env("-n", "shop", "--service", "auth.other", "--service", "db") == (0, AUTH + DB, "")
    assert env("-n", "other", "--service", "auth") == (0, AUTH, "")


def test_every_shell_sees_them(tmp_path: Path) -> None:
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
        timeout=PATIENCE,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("10.96.0.7 tcp://10.96.0.7:5432\n")
    assert set((DB + KUBERNETES).splitlines()) <= set(done.stdout.splitlines())
    assert "1ST_" not in done.stdout


def test_a_collision_is_a_warning(env: Run, tmp_path: Path) -> None:
    with (tmp_path / "services.yaml").open("a") as file:
        file.write("---\n{apiVersion: v1, kind: Service, metadata: {name: db-service, namespace: shop},")
        file.write(" spec: {ports: [{port: 1}]}}\n")

    result = env("-n", "shop")
    assert (result.code, "DB_SERVICE_PORT=5432\n" in result.out) == (0, True)
    assert result.err == (
        "svcdns: Services shop/db and shop/db-service both make DB_SERVICE_PORT: shop/db's is used\n"
    )


# --- mistakes

MISTAKES = [
    (("-n", "shp"), 'namespaces "shp" not found; did you mean "shop"?'),
    (("-n", "zzz"), 'namespaces "zzz" not found; `svcdns services -A` lists all'),
    (("-n", "shop", "--service", "dbb"), 'services "dbb" not found in namespace "shop"; did you mean "db"?'),
    (
        ("-n", "shop", "--service", "auth"),
        'services "auth" not found in namespace "shop"; '
        "for the one of another namespace: --service auth.other",
    ),
    (
        ("-n", "shop", "--service", "db.shop.svc.cluster.local"),
        '"db.shop.svc.cluster.local" is not a Service name: write db.shop',
    ),
    (
        ("--service", "zzz.shop"),
        'services "zzz" not found in namespace "shop"; `svcdns services -A` lists all',
    ),
]


@pytest.mark.parametrize(("args", "message"), MISTAKES)
def test_what_is_unknown_ends_with_1(env: Run, args: tuple[str, ...], message: str) -> None:
    assert env(*args) == (1, "", f"svcdns: {message}\n")


def test_nothing_to_print_is_said(env: Run) -> None:
    message = "svcdns: namespace empty has no Service with a cluster IP\n"
    assert env("-n", "empty") == (0, KUBERNETES, message)
    message = "svcdns: Service other/peers has no cluster IP, so there are no variables of it\n"
    assert env("-n", "other", "--service", "peers") == (0, "", message)


def test_wrong_flags_end_with_2(env: Run, run: Run) -> None:
    result = env("--check", "pod.yaml", "--format", "json")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("svcdns: Invalid value for --format: --check prints a table; leave it out\n")
    assert env("--format", "toml").code == 2
    assert run("env").err.startswith("svcdns: nothing to serve: give --manifests PATH")
