"""How long an admission review takes with 2,000 Services: `python -m benchmarks.webhook`.

Prints percentiles of a review's bytes to its answer's bytes (in this process, without TLS), for Pods as
they are made, for the first one after a Service has changed, and for Pods that are made to stop the webhook.
Times are those of the processor, so that other programs on the machine do not count.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from svcdns.kube.injection import admission, admission_review, opt_in
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.injection_store import InjectionStore
from svcdns.kube.objects import Change, ObjectMeta, Service, ServicePort, ServiceSpec, key_of

Object = dict[str, Any]

P99_LIMIT = 0.020
"""Seconds that 99 of 100 reviews are to stay below."""
HOSTILE_P99_LIMIT = 0.080
"""The same limit for hostile Pods: while the webhook handles one, all others wait."""


def service(number: int, port: int = 80) -> Service:
    """A common Service: two named ports, a cluster IP."""
    ip = f"10.{96 + number // 65536}.{number // 256 % 256}.{number % 256}"
    ports = (ServicePort(port, "http", "TCP"), ServicePort(9090, "metrics", "TCP"))
    return Service(
        ObjectMeta(f"service-{number:05}", "shop"), ServiceSpec("ClusterIP", ip, (ip,), ports=ports)
    )


def review(*containers: Object, volumes: Sequence[Object] = (), **annotations: str) -> bytes:
    """A review of a Pod of a Deployment."""
    pod = {
        "metadata": {
            "generateName": "web-7d4b9c6f5-",
            "labels": {opt_in.INJECT_LABEL: "true"},
            "annotations": {f"svcdns.io/{name}": text for name, text in annotations.items()},
        },
        "spec": {"containers": list(containers), "volumes": list(volumes), "enableServiceLinks": True},
    }
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "operation": "CREATE",
        "namespace": "shop",
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "object": pod,
    }
    document = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}

    return json.dumps(document).encode()


def container(name: str, **fields: Any) -> Object:
    """A container with 21 variables of its own, one of them with references."""
    own = [{"name": f"SETTING_{number}", "value": str(number)} for number in range(20)]
    own += [{"name": "URL", "value": "http://$(SERVICE_00007_SERVICE_HOST):$(SERVICE_00007_SERVICE_PORT)"}]
    return {"name": name, "image": "registry.example/app:1", "env": own, **fields}


def env_from(*prefixes: str) -> list[Object]:
    """A ConfigMap for each of the prefixes."""
    return [{"prefix": prefix, "configMapRef": {"name": "settings"}} for prefix in prefixes]


CASES = {
    "one container": review(container("app")),
    "an app, a sidecar, a proxy": review(container("app"), container("side"), container("proxy")),
    "ten containers": review(*(container(f"c{number}") for number in range(10))),
    "envFrom with a prefix": review(container("app", envFrom=env_from("LINK_"))),
    "envFrom without a prefix": review(container("app", envFrom=env_from(""))),
    "the same, twenty containers": review(
        *(container(f"c{number}", envFrom=env_from("", "LINK_")) for number in range(20))
    ),
    "three named Services": review(container("app"), services="service-00001, service-00002, service-01999"),
}

HOSTILE = {
    "128 containers": review(*(container(f"c{number}") for number in range(128))),
    "9,900 envFrom of no Service": review(
        container("app", envFrom=env_from(*(f"X{number}_" for number in range(9900))))
    ),
    "9,900 envFrom of Services": review(
        container("app", envFrom=env_from(*(f"SERVICE_{number:05}_" for number in range(9900))))
    ),
    "9,900 references": review(
        container("app", args=[f"$(SERVICE_{number:05}_PORT)$(X{number}_PORT)" for number in range(4950)])
    ),
    "27,000 envFrom": review(
        container("app", envFrom=env_from(*(f"X{number}_" for number in range(27_000))))
    ),
    "1.3 MiB of volumes": review(container("app"), volumes=[{}] * 330_000),
    "3 MiB of volumes": review(container("app"), volumes=[{}] * 780_000),
    "128 times 256 named Services": review(
        *(container(f"c{number}", envFrom=env_from("")) for number in range(128)),
        services=",".join(f"service-{number:05}" for number in range(256)),
    ),
}


def measure(body: bytes, cluster: InjectionStore, rounds: int, before: Callable[[int], None]) -> list[float]:
    """Seconds of the processor for each review, sorted; `before` is not counted."""
    options = InjectionOptions()
    durations = []
    for number in range(rounds):
        before(number)
        begin = time.process_time()
        request = admission_review.decode_review(body)
        decision = admission.decide_admission(request, cluster, options)
        answer = admission_review.encode_review(request.uid, decision.operations, decision.warnings)
        durations.append(time.process_time() - begin)
        assert b'"allowed":true' in answer and decision.outcome != "not_ready"

    return sorted(durations)


def report(name: str, seconds: list[float], limit: float = P99_LIMIT) -> bool:
    """A line of the table; whether p99 is below the limit."""
    p50 = seconds[len(seconds) // 2]
    p99 = seconds[len(seconds) * 99 // 100]
    print(f"{name:32} {p50 * 1e3:8.2f} {p99 * 1e3:8.2f} {seconds[-1] * 1e3:8.2f}")
    return p99 < limit


def main() -> int:
    """1 where a review takes too long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhook", description=__doc__)
    parser.add_argument("--services", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1000)
    options = parser.parse_args()
    cluster = InjectionStore()

    def apply(changed_service: Service) -> None:
        cluster.apply(Change("Service", key_of(changed_service), changed_service))

    for number in range(options.services):
        apply(service(number))

    gc.collect()
    print(f"{options.services} Services, {options.rounds} reviews (ms)")
    print(f"{'':32} {'p50':>8} {'p99':>8} {'max':>8}")
    results = [
        report(name, measure(body, cluster, options.rounds, lambda _: None)) for name, body in CASES.items()
    ]

    def change(number: int) -> None:
        apply(service(number % options.services, 1024 + number))

    rounds = max(1, options.rounds // 10)
    results.append(
        report("the first after a change", measure(CASES["one container"], cluster, rounds, change))
    )
    results += [
        report(name, measure(body, cluster, rounds, lambda _: None), HOSTILE_P99_LIMIT)
        for name, body in HOSTILE.items()
    ]

    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
