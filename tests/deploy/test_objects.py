"""What schemas miss between objects: selectors, ports, bounds."""

import pytest

from tests.deploy import manifests
from tests.deploy.manifests import Object, amount, build, containers, of_kind, templates

EACH = pytest.mark.parametrize("name", manifests.KUSTOMIZATIONS)

ADMITTED = {"dns", "dns-tcp", "https"}
"""Ports that everybody may reach; `http` has metrics, and who asks what."""


def labels(template: Object) -> dict[str, str]:
    result: dict[str, str] = template["metadata"]["labels"]
    return result


def selected(objects: list[Object], selector: dict[str, str]) -> list[Object]:
    """The Pod templates with these labels; an empty selector has all."""
    return [template for _, template in templates(objects) if selector.items() <= labels(template).items()]


def ports(template: Object) -> dict[str, tuple[int, str]]:
    """The number and protocol of each port, by its name."""
    return {
        port["name"]: (port["containerPort"], port["protocol"])
        for container in containers(template)
        for port in container.get("ports", ())
    }


@EACH
def test_names_and_namespaces(name: str) -> None:
    objects = build(name)
    keys = [(item["kind"], item["metadata"]["name"]) for item in objects]
    assert len(set(keys)) == len(keys)
    namespace = "svcdns" if name == "overlays/webhook" else "kube-system"
    assert {item["metadata"].get("namespace", namespace) for item in objects} == {namespace}


@EACH
def test_workloads_select_their_own_pods(name: str) -> None:
    objects = build(name)
    for workload, template in templates(objects):
        if workload["kind"] in ("Deployment", "DaemonSet"):
            assert selected(objects, workload["spec"]["selector"]["matchLabels"]) == [template]

        pod = template["spec"]
        apart = pod.get("affinity", {}).get("podAntiAffinity", {})
        terms = [
            item["podAffinityTerm"]
            for item in apart.get("preferredDuringSchedulingIgnoredDuringExecution", ())
        ]
        for item in (*terms, *pod.get("topologySpreadConstraints", ())):
            assert selected(objects, item["labelSelector"]["matchLabels"]) == [template]


@EACH
def test_services(name: str) -> None:
    objects = build(name)
    for service in of_kind(objects, "Service"):
        (template,) = selected(objects, service["spec"]["selector"])
        known_values = ports(template)
        for port in service["spec"]["ports"]:
            assert known_values[port["targetPort"]][1] == port["protocol"]


@pytest.mark.parametrize("name", ["base", "overlays/replace-coredns"])
def test_the_service_is_as_kube_dns(name: str) -> None:
    service = manifests.named(build(name), "Service", "svcdns")
    result = {(port["name"], port["port"], port["protocol"]) for port in service["spec"]["ports"]}
    assert result == {("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP")}


@EACH
def test_network_policies(name: str) -> None:
    objects = build(name)
    for policy in of_kind(objects, "NetworkPolicy"):
        spec = policy["spec"]
        known_values = {
            port: of
            for template in selected(objects, spec["podSelector"].get("matchLabels", {}))
            for port, of in ports(template).items()
        }
        let_in = {}
        for rule in spec["ingress"]:
            for port in rule["ports"]:
                assert known_values[port["port"]][1] == port["protocol"]
                let_in[port["port"]] = "from" not in rule

        assert let_in == {port: port in ADMITTED for port in known_values}, (
            "each port is let in, by whom is said"
        )
        out = {(port["port"], port["protocol"]) for rule in spec["egress"] for port in rule["ports"]}
        assert {(443, "TCP"), (6443, "TCP")} <= out, "the API server"
        dns = {(53, "UDP"), (53, "TCP"), (853, "TCP")}
        assert (dns <= out) == (name != "overlays/webhook")


@EACH
def test_autoscalers(name: str) -> None:
    objects = build(name)
    for item in of_kind(objects, "HorizontalPodAutoscaler"):
        spec, target = item["spec"], item["spec"]["scaleTargetRef"]
        workload = manifests.named(objects, target["kind"], target["name"])
        assert workload["apiVersion"] == target["apiVersion"]
        assert "replicas" not in workload["spec"], "each apply would undo what the autoscaler did"
        assert 2 <= spec["minReplicas"] < spec["maxReplicas"]
        for metric in spec["metrics"]:
            assert amount(metric["resource"]["target"]["averageValue"]) > 0

        window = spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"]
        assert 0 <= window <= 3600
        for rules in spec["behavior"].values():
            assert all(0 < policy["periodSeconds"] <= 1800 for policy in rules["policies"])


@EACH
def test_disruption_budgets(name: str) -> None:
    objects = build(name)
    deployments = of_kind(objects, "Deployment")
    assert len(deployments) == len(of_kind(objects, "PodDisruptionBudget"))
    for budget in of_kind(objects, "PodDisruptionBudget"):
        spec = budget["spec"]
        chosen = selected(objects, spec["selector"]["matchLabels"])
        (deployment,) = (item for item in deployments if item["spec"]["template"] in chosen)
        assert 1 <= spec["maxUnavailable"] < manifests.replicas(objects, deployment)
