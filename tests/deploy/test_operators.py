"""What an operator builds upon deploy/, as its README shows: an image, settings, and Prometheus."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.deploy import manifests
from tests.deploy.manifests import DEPLOY, Object, named, of_kind

DASHBOARD = DEPLOY / "dashboards/svcdns.json"
METRIC = re.compile(r"\b(?:coredns|svcdns|process)_[a-z_]+")


@pytest.fixture
def own(tmp_path: Path) -> list[Object]:
    """The example of the README, in a folder elsewhere."""
    text = (DEPLOY / "README.md").read_text()
    example = re.findall(r"( +# kustomization\.yaml\n(?:  .*\n)+)", text)[0]
    kustomization = re.sub("^ {7}", "", example, flags=re.MULTILINE)
    kustomization = kustomization.replace("path/to/deploy", os.path.relpath(DEPLOY, tmp_path.resolve()))
    (tmp_path / "kustomization.yaml").write_text(kustomization)
    (tmp_path / "svcdns.yaml").write_text("zone: example.internal\n")

    return manifests.build(str(tmp_path))


def test_image_and_settings(own: list[Object]) -> None:
    (container,) = named(own, "Deployment", "svcdns")["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("registry.example/svcdns:")
    assert named(own, "ConfigMap", "svcdns")["data"] == {"svcdns.yaml": "zone: example.internal\n"}


def test_what_prometheus_scrapes(own: list[Object]) -> None:
    monitor = named(own, "ServiceMonitor", "svcdns")
    (service,) = of_kind(own, "Service")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    ports = {port["name"] for port in service["spec"]["ports"]}

    assert {item["port"] for item in monitor["spec"]["endpoints"]} <= ports
    assert monitor["metadata"]["namespace"] == service["metadata"]["namespace"]


def test_alert_rules(own: list[Object]) -> None:
    (group,) = named(own, "PrometheusRule", "svcdns")["spec"]["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(set(names)) == len(names)
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert 'job="svcdns"' in rule["expr"], "the Service's name"


def test_dashboard() -> None:
    dashboard: Any = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24
        taken |= cells
        for target in panel["targets"]:
            assert target["expr"].count("(") == target["expr"].count(")")
            assert METRIC.search(target["expr"]) or "up{" in target["expr"]
