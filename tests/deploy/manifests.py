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

from tests.patience import PATIENCE

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
    result = (path for path in sorted(DEPLOY.rglob("*.yaml")) if "examples" not in path.parts)
    return [path for path in result if path.name not in _NO_OBJECTS and not _is_patch(path)]


def _is_patch(path: Path) -> bool:
    return any(not isinstance(item, dict) or "$patch" in item for item in read(path))


def read(path: Path) -> list[Any]:
    """The documents of a file."""
    return [item for item in yaml.safe_load_all(path.read_text()) if item is not None]


@functools.cache
def kustomize() -> tuple[str, ...] | None:
    """The command that builds a folder; None where there is none that is new enough."""
    if result := shutil.which("kustomize"):
        return (result, "build")

    if result := shutil.which("kubectl"):
        done = subprocess.run(
            [result, "version", "--client"], capture_output=True, text=True, timeout=PATIENCE
        )
        version = re.search(r"v(\d+)\.(\d+)", done.stdout)
        if version and tuple(map(int, version.groups())) >= _KUBECTL:
            return (result, "kustomize")

    return None


@functools.cache
def _built(name: str) -> str:
    command = kustomize()
    if command is None:
        pytest.skip("neither kustomize nor kubectl 1.27 or newer is installed")

    done = subprocess.run([*command, str(DEPLOY / name)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "kustomize warns"

    return done.stdout


def build(name: str) -> list[Object]:
    """The objects of a kustomization, each time new; skips the test where nothing can build it."""
    return list(yaml.safe_load_all(_built(name)))


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    """Those of some kinds."""
    return [item for item in objects if item["kind"] in kinds]


def named(objects: Iterable[Object], kind: str, name: str) -> Object:
    """The one of this name."""
    (result,) = (item for item in of_kind(objects, kind) if item["metadata"]["name"] == name)
    return result


def templates(objects: Iterable[Object]) -> Iterator[tuple[Object, Object]]:
    """Each object that makes Pods, with its Pod template."""
    for item in of_kind(objects, "Deployment", "DaemonSet", "Job"):
        yield item, item["spec"]["template"]
    for item in of_kind(objects, "CronJob"):
        yield item, item["spec"]["jobTemplate"]["spec"]["template"]


def containers(template: Object) -> list[Object]:
    """Init containers too."""
    return [*template["spec"].get("initContainers", ()), *template["spec"]["containers"]]


def replicas(objects: list[Object], workload: Object) -> int:
    """How many Pods there are at least."""
    for item in of_kind(objects, "HorizontalPodAutoscaler"):
        target = item["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) == (workload["kind"], workload["metadata"]["name"]):
            least: int = item["spec"]["minReplicas"]
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
    result = _QUANTITY.fullmatch(str(text))
    assert result, f"{text!r} is no quantity"
    return Decimal(result[1]) * _UNITS.get(result[2] or "", Decimal(1))
