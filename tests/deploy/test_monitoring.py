"""METRICS.md, the dashboard and the alert rules against what a real server shows."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests import scraping
from tests.deploy.manifests import DEPLOY
from tests.scraping import Scrape

DASHBOARDS = sorted((DEPLOY / "dashboards").glob("*.json"))
RULES = DEPLOY / "components/prometheus/rules.yaml"

OF_PROMETHEUS = {"job", "pod", "le"}
"""Labels that it adds, or histograms have."""

_NAME = re.compile(r"\b(?:coredns|svcdns|process)_[a-z_]+")
_SELECTED = re.compile(r"(\w+)=~?\"")
_BY = re.compile(r"\bby \(([^)]*)\)")
_SHOWN = re.compile(r"\{\{ *(?:\$labels\.)?(\w+) *\}\}")
_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([\w ]*) \| .+ \|$", re.MULTILINE)


def expressions() -> Iterator[Any]:
    """Each of the dashboards and the rules, with the text that shows its labels."""
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield pytest.param(target["expr"], target["legendFormat"], id=panel["title"])

    for group in yaml.safe_load(RULES.read_text())["spec"]["groups"]:
        for rule in group["rules"]:
            yield pytest.param(rule["expr"], rule["annotations"]["summary"], id=rule["alert"])


@pytest.fixture(scope="module")
def seen() -> Scrape:
    return scraping.everything().after


@pytest.mark.parametrize(("expr", "shown"), list(expressions()))
def test_what_is_shown_exists(seen: Scrape, expr: str, shown: str) -> None:
    names = set(_NAME.findall(expr))
    assert names <= seen.names
    if not names:
        assert "up{" in expr
        return

    labels = {label for item in seen.samples() if item.name in names for label in item.labels}
    used = {label.strip() for by in _BY.findall(expr) for label in by.split(",")}
    used |= {*_SELECTED.findall(expr), *_SHOWN.findall(shown)}

    assert used <= labels | OF_PROMETHEUS


def test_each_metric_is_documented(seen: Scrape) -> None:
    """By its name, type and labels; and none that is not there."""
    rows = {name: (kind, set(labels.split())) for name, kind, labels in _ROW.findall(_metrics())}
    for name, family in seen.families.items():
        result = {label for item in family.samples for label in item.labels} - {"le"}
        assert rows.get(name) == (family.type, result), name

    assert rows.keys() == seen.families.keys()


def _metrics() -> str:
    return (DEPLOY / "METRICS.md").read_text()
