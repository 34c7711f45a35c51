"""The manifests of deploy/: each file as it stands, and what kustomize builds of them."""

import functools
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

Object: TypeAlias = dict[str, Any]

DEPLOY = Path(__file__).parents[2] / "deploy"

OVERLAYS = ("replace-coredns", "node-local", "webhook")
KUSTOMIZATIONS = ("base", *(f"overlays/{name}" for name in OVERLAYS))
"""What an operator applies."""

SERVERS = KUSTOMIZATIONS[:-1]
"""Those that answer DNS."""

_QUANTITY = re.compile(r"(\d+|\d+\.\d+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_UNITS = {"m": Decimal("0.001")} | {
    f"{letter}{i}": Decimal(1024 if i else 1000) ** power
    for power, letter in enumerate("kMGT", 1)
    for i in ("", "i")
}

_KUBECTL = (1, 27)
"""It has kustomize 5."""
_NO_OBJECTS = ("kustomization.yaml", "svcdns.yaml", "switch.yaml", "switch-back.yaml")
"""Neither have patches: these know what they patch by a target or by `$patch`."""


def files() -> list[Path]:
    """Each file with whole objects, but for examples."""
    found = (path for path in sorted(DEPLOY.rglob("*.yaml")) if "examples" not in path.parts)
    return [path for path in found if path.name not in _NO_OBJECTS and not _is_patch(path)]


def _is_patch(path: Path) -> bool:
    return any(not isinstance(one, dict) or "$patch" in one for one in read(path))


def read(path: Path) -> list[Any]:
    """The documents of a file."""
    return [one for one in yaml.safe_load_all(path.read_text()) if one is not None]


@functools.cache
def kustomize() -> tuple[str, ...] | None:
    """The command that builds a folder; None where there is none that is new enough."""
    if found := shutil.which("kustomize"):
        return (found, "build")
    if found := shutil.which("kubectl"):
        done = subprocess.run([found, "version", "--client"], capture_output=True, text=True, timeout=30)
        version = re.search(r"v(\d+)\.(\d+)", done.stdout)
        if version and tuple(map(int, version.groups())) >= _KUBECTL:
            return (found, "kustomize")
    return None


@functools.cache
def _built(name: str) -> str:
    command = kustomize()
    if command is None:
        pytest.skip("neither kustomize nor kubectl 1.27 or newer is installed")
    done = subprocess.run([*command, str(DEPLOY / name)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "kustomize warns"
    return done.stdout


def build(name: str) -> list[Object]:
    """The objects of a kustomization, each time new; skips the test where nothing can build it."""
    return list(yaml.safe_load_all(_built(name)))


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    """Those of some kinds."""
    return [one for one in objects if one["kind"] in kinds]


def named(objects: Iterable[Object], kind: str, name: str) -> Object:
    """The one of this name."""
    (found,) = (one for one in of_kind(objects, kind) if one["metadata"]["name"] == name)
    return found


def templates(objects: Iterable[Object]) -> Iterator[tuple[Object, Object]]:
    """Each object that makes Pods, with its Pod template."""
    for one in of_kind(objects, "Deployment", "DaemonSet", "Job"):
        yield one, one["spec"]["template"]
    for one in of_kind(objects, "CronJob"):
        yield one, one["spec"]["jobTemplate"]["spec"]["template"]


def containers(template: Object) -> list[Object]:
    """Init containers too."""
    return [*template["spec"].get("initContainers", ()), *template["spec"]["containers"]]


def replicas(objects: list[Object], workload: Object) -> int:
    """How many Pods there are at least."""
    for one in of_kind(objects, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) == (workload["kind"], workload["metadata"]["name"]):
            least: int = one["spec"]["minReplicas"]
            return least
    count: int = workload["spec"]["replicas"]
    return count


def walk(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is no mapping and no list, with the keys that lead to it."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from walk(below, (*place, key))
    elif isinstance(value, list):
        for below in value:
            yield from walk(below, place)
    else:
        yield place, value


def amount(text: Any) -> Decimal:
    """Kubernetes' Quantity."""
    found = _QUANTITY.fullmatch(str(text))
    assert found, f"{text!r} is no quantity"
    return Decimal(found[1]) * _UNITS.get(found[2] or "", Decimal(1))
