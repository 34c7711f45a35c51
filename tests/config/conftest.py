"""A clean environment, and a working directory in which the file is `svcdns.yaml`."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("SVCDNS_") or name.startswith("KUBERNETES_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
