"""Every object against Kubernetes' own schemas, strictly: an unknown field is an error."""

from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from tests.deploy import manifests

OLDEST, NEWEST = "1.28", "1.37"
"""What deploy/README.md claims: matchConditions are served since the one, the other is the newest known."""

CUSTOM = {"ServiceMonitor", "PrometheusRule", "Component"}
"""Their schemas are not Kubernetes' own."""

VERSIONS = pytest.mark.parametrize("version", [OLDEST, NEWEST])


def check(objects: list[manifests.Object], version: str) -> None:
    assert objects
    for item in objects:
        if item["kind"] not in CUSTOM:
            assert kubernetes_validate.validate(item, version, strict=True) == version


@VERSIONS
@pytest.mark.parametrize("path", manifests.files(), ids=lambda path: str(path.relative_to(manifests.DEPLOY)))
def test_each_file(path: Path, version: str) -> None:
    check(manifests.read(path), version)


@VERSIONS
@pytest.mark.parametrize("name", manifests.KUSTOMIZATIONS)
def test_what_is_applied(name: str, version: str) -> None:
    check(manifests.build(name), version)


def test_a_mistake_is_found() -> None:
    (service,) = manifests.read(manifests.DEPLOY / "base/service.yaml")
    service["spec"]["ports"][0]["targetport"] = 53
    with pytest.raises(kubernetes_validate.ValidationError, match="targetport"):
        check([service], NEWEST)


def test_the_versions_are_claimed() -> None:
    assert f"Kubernetes {OLDEST} to {NEWEST}" in (manifests.DEPLOY / "README.md").read_text()
    assert kubernetes_validate.latest_version().startswith(NEWEST)
