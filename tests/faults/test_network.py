"""Faults of a node's network (`network`), each in a network namespace of its own, which needs no root."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import namespace
from tests.faults.network import SCENARIOS

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_network_fails(scenario: str, tmp_path: Path) -> None:
    if refusal := namespace.refusal():
        pytest.skip(refusal)
    if "nftables" in scenario and not shutil.which("nft"):
        pytest.skip("nft is not installed")

    # No bound: each wait inside has one.
    done = subprocess.run(
        [*namespace.UNSHARE, sys.executable, "-m", "tests.faults.network", scenario, str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert not done.returncode, done.stdout
