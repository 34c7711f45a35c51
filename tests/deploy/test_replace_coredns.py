"""The way from CoreDNS to svcdns and back: who stands behind the Service `kube-dns` at each step."""

from typing import Any

import yaml

from tests.deploy import manifests
from tests.deploy.manifests import build, named

FOLDER = manifests.DEPLOY / "overlays/replace-coredns"
KUBEADM = {"k8s-app": "kube-dns"}
"""The selector of the Service, and the label of CoreDNS's Pods."""


def pods(name: str) -> dict[str, str]:
    labels: dict[str, str] = named(build(name), "Deployment", "svcdns")["spec"]["template"]["metadata"][
        "labels"
    ]
    return labels


def patched(selector: dict[str, str], file: str) -> dict[str, str]:
    """As `kubectl patch` does: null removes."""
    (patch,) = yaml.safe_load_all((FOLDER / file).read_text())
    assert set(patch) == {"spec"} and set(patch["spec"]) == {"selector"}, "the rest of the Service stays"
    result: dict[str, Any] = selector | patch["spec"]["selector"]
    return {key: value for key, value in result.items() if value is not None}


def chosen(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def test_each_step() -> None:
    before, ours = pods("base"), pods("overlays/replace-coredns")
    coredns = KUBEADM | {"pod-template-hash": "5d78c9869d"}
    assert not chosen(KUBEADM, before), "beside: nobody asks it"
    assert chosen(KUBEADM, coredns) and chosen(KUBEADM, ours), "together"
    alone = patched(KUBEADM, "switch.yaml")

    assert chosen(alone, ours) and not chosen(alone, coredns)
    assert not chosen(alone, pods_of_nodes()), "they answer at another address"
    assert patched(alone, "switch-back.yaml") == KUBEADM


def pods_of_nodes() -> dict[str, str]:
    daemons = named(build("overlays/node-local"), "DaemonSet", "svcdns-node")
    labels: dict[str, str] = daemons["spec"]["template"]["metadata"]["labels"]
    return labels


def test_it_is_the_base_with_another_file() -> None:
    """Nothing that cannot be changed is: `kubectl apply` goes from one to the other and back."""
    base = named(build("base"), "Deployment", "svcdns")["spec"]
    ours = named(build("overlays/replace-coredns"), "Deployment", "svcdns")["spec"]
    assert base["selector"] == ours["selector"]
    before, after = (spec["template"]["spec"]["containers"][0]["args"] for spec in (base, ours))

    assert [flag for flag in after if flag not in before] == ["--config=/etc/coredns/Corefile"]
    assert len(before) == len(after)


def test_the_settings_are_those_of_coredns() -> None:
    objects = build("overlays/replace-coredns")
    assert not manifests.of_kind(objects, "ConfigMap")
    pod = named(objects, "Deployment", "svcdns")["spec"]["template"]["spec"]
    config_maps = {volume["name"]: volume["configMap"] for volume in pod["volumes"] if "configMap" in volume}
    assert config_maps == {
        "config": {"name": "coredns"},
        "custom": {"name": "coredns-custom", "optional": True},
    }
    paths = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert paths["config"] == "/etc/coredns" and paths["custom"] == "/etc/coredns/custom"
