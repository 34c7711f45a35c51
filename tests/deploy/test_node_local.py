"""How the address comes onto a node: by the init container's own command, in a network of its own."""

import shlex
import shutil
import subprocess
import sys

import pytest

from tests.deploy import manifests
from tests.deploy.manifests import build, containers, named
from tests.patience import PATIENCE

BIND = """
import socket
for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
    socket.socket(socket.AF_INET, kind).bind(({address!r}, 53))
"""


def test_the_address() -> None:
    objects = build("overlays/node-local")
    template = named(objects, "DaemonSet", "svcdns-node")["spec"]["template"]
    init, server = containers(template)
    (address,) = {part.removesuffix("/32") for part in init["command"] if part.endswith("/32")}
    assert f"--listen={address}:53" in server["args"]
    assert init["image"].startswith("busybox:")
    unshare, busybox = shutil.which("unshare"), shutil.which("busybox")
    if not (unshare and busybox):
        pytest.skip("busybox or unshare is not installed")

    add = shlex.join([busybox, *init["command"]])
    bind = shlex.join([sys.executable, "-c", BIND.format(address=address)])
    # Twice, since the address outlives the Pod.
    done = subprocess.run(
        [unshare, "--user", "--map-root-user", "--net", "sh", "-ec", f"{add}; {add}; {bind}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if "unshare" in done.stderr:
        pytest.skip("no network of its own can be made here")

    assert done.returncode == 0, done.stderr


def test_only_services_are_watched_by_every_node() -> None:
    objects = build("overlays/node-local")
    (settings,) = manifests.of_kind(objects, "ConfigMap")
    assert "\npods: insecure\n" in settings["data"]["svcdns.yaml"]
