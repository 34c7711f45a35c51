"""What schemas miss in Pods: rights, mounts, probes, quantities, and words that must be one of some."""

from collections.abc import Iterator

import pytest

import svcdns
from tests.deploy import manifests
from tests.deploy.manifests import Object, amount, build, containers, templates

EACH = pytest.mark.parametrize("name", manifests.KUSTOMIZATIONS)

CAPABILITIES = {("svcdns-node", "address"): ["NET_ADMIN"], ("svcdns-node", "svcdns"): ["NET_BIND_SERVICE"]}
"""All that is added anywhere, by workload and container."""

WORDS = {
    "protocol": {"TCP", "UDP"},
    "scheme": {"HTTP", "HTTPS"},
    "dnsPolicy": {"Default", "ClusterFirst", "ClusterFirstWithHostNet", "None"},
    "restartPolicy": {"Always", "OnFailure", "Never"},
    "concurrencyPolicy": {"Allow", "Forbid", "Replace"},
    "whenUnsatisfiable": {"ScheduleAnyway", "DoNotSchedule"},
    "ipFamilyPolicy": {"SingleStack", "PreferDualStack", "RequireDualStack"},
    "unhealthyPodEvictionPolicy": {"AlwaysAllow", "IfHealthyBudget"},
    "policyTypes": {"Ingress", "Egress"},
    "effect": {"NoSchedule", "PreferNoSchedule", "NoExecute"},
    "operator": {"Exists", "Equal", "In", "NotIn", "DoesNotExist"},
    "failurePolicy": {"Ignore", "Fail"},
    "sideEffects": {"None", "NoneOnDryRun"},
    "reinvocationPolicy": {"Never", "IfNeeded"},
    "matchPolicy": {"Exact", "Equivalent"},
    "scope": {"Namespaced", "Cluster", "*"},
    "operations": {"CREATE", "UPDATE", "DELETE", "CONNECT", "*"},
    "seccompProfile.type": {"RuntimeDefault"},
    "hostPath.type": {"DirectoryOrCreate"},
    "target.type": {"Utilization", "AverageValue", "Value"},
    "policies.type": {"Percent", "Pods"},
    "metrics.type": {"Resource"},
    "priorityClassName": {"system-cluster-critical", "system-node-critical"},
}
"""By the last keys; what the API server takes, or of that what we mean."""


def each(name: str) -> Iterator[tuple[str, Object, Object]]:
    """The workload's name, the Pod's spec, and one container."""
    for workload, template in templates(build(name)):
        for container in containers(template):
            yield workload["metadata"]["name"], template["spec"], container


@EACH
def test_no_right_that_is_not_needed(name: str) -> None:
    for workload, pod, container in each(name):
        context = container["securityContext"]
        added = CAPABILITIES.get((workload, container["name"]))
        assert context["capabilities"] == {"drop": ["ALL"]} | ({"add": added} if added else {})
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        whole = pod["securityContext"]
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
        # Only root is given a capability, and only for one may it be root.
        assert (context.get("runAsUser") == 0) == bool(added)
        assert added or (whole["runAsNonRoot"] and whole["runAsUser"] == 65532)
        assert not any(pod.get(shared) for shared in ("hostPID", "hostIPC", "shareProcessNamespace"))
        # The API server refuses sysctls of the network in the node's own.
        assert not (pod.get("hostNetwork") and whole.get("sysctls"))
        assert bool(pod.get("hostNetwork")) == (name == "overlays/node-local")


@EACH
def test_quantities(name: str) -> None:
    for _, _, container in each(name):
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert set(limits) == {"memory"}, "a limit of CPU makes answers late"
        assert 0 < amount(requests["memory"]) <= amount(limits["memory"])
        assert 0 < amount(requests["cpu"]) <= 1
        assert all(amount(value) for value in requests.values())

    for _, template in templates(build(name)):
        for volume in template["spec"].get("volumes", ()):
            if "emptyDir" in volume:
                assert amount(volume["emptyDir"]["sizeLimit"])


@EACH
def test_words(name: str) -> None:
    result = 0
    for place, value in manifests.walk(build(name)):
        for words in (WORDS.get(".".join(place[-2:])), WORDS.get(place[-1])):
            if words is not None:
                result += 1
                assert value in words, ".".join(place)

    assert result > 5


@EACH
def test_volumes_and_mounts(name: str) -> None:
    objects = build(name)
    for workload, template in templates(objects):
        volumes = {volume["name"]: volume for volume in template["spec"].get("volumes", ())}
        mounts = [mount for item in containers(template) for mount in item.get("volumeMounts", ())]
        assert {mount["name"] for mount in mounts} == set(volumes), workload["metadata"]["name"]
        for mount in mounts:
            stored = {"emptyDir", "hostPath"} & set(volumes[mount["name"]])
            assert bool(mount.get("readOnly")) != bool(stored), mount
            assert "subPath" not in mount, "a changed ConfigMap would never be seen"

        ours = {item["metadata"]["name"] for item in manifests.of_kind(objects, "ConfigMap")}
        named = {volume["configMap"]["name"] for volume in volumes.values() if "configMap" in volume}
        assert named == (ours or {"coredns", "coredns-custom"} & named)


@EACH
def test_probes(name: str) -> None:
    for _, _, container in each(name):
        ports = {port["name"]: port for port in container.get("ports", ())}
        probes = [container[kind] for kind in ("startupProbe", "livenessProbe", "readinessProbe") if ports]
        for probe in probes:
            got, attempts = probe["httpGet"], probe.get("failureThreshold", 3)
            assert got["port"] in ports or f"--http={got['host']}:{got['port']}" in container["args"]
            assert (got.get("scheme") == "HTTPS") == (name == "overlays/webhook")
            assert probe.get("timeoutSeconds", 1) <= probe.get("periodSeconds", 10)
            assert probe.get("periodSeconds", 10) * attempts >= 15, "one slow moment is not the end"

        if probes:
            start, live, ready = (probe["httpGet"]["path"] for probe in probes)
            assert (start, live, ready) in {
                ("/health", "/health", "/ready"),
                ("/healthz", "/healthz", "/readyz"),
            }


@EACH
def test_accounts_and_images(name: str) -> None:
    objects = build(name)
    for _, template in templates(objects):
        pod = template["spec"]
        account = manifests.named(objects, "ServiceAccount", pod["serviceAccountName"])
        assert account["automountServiceAccountToken"] is False
        assert pod["automountServiceAccountToken"] is True
        # A Service `svcdns-...` of the namespace would be variables with our prefix.
        assert pod["enableServiceLinks"] is False
        for container in containers(template):
            image, _, tag = container["image"].partition(":")
            assert tag == svcdns.__version__ if image == "svcdns" else tag not in ("", "latest")


@pytest.mark.parametrize("name", manifests.SERVERS)
def test_a_server_does_not_ask_itself(name: str) -> None:
    for _, template in templates(build(name)):
        assert template["spec"]["dnsPolicy"] == "Default"


def test_quantity() -> None:
    assert amount("100m") < amount("1") < amount("128Mi") < amount("1Gi") < amount("2G")
    with pytest.raises(AssertionError):
        amount("128MB")
