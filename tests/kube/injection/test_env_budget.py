"""Which variables are chosen where not all have room."""

import json

from svcdns.kube.injection.injection_options import InjectionOptions
from tests.kube.injection.admitted_pods import (
    DB,
    after,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.env_services import service
from tests.reviews import env, pod


def test_hosts_and_ports_of_all_come_before_links_of_any() -> None:
    services = [service(f"shop/s{number:02}", "10.0.0.1", ports="80") for number in range(40)]
    store = cluster(namespace("shop"), *services)
    _, changed, warnings = decide(pod({"name": "app"}), store=store, options=InjectionOptions(budget=2048))
    names = env(changed)

    assert (
        sum(
            len(variable["name"] + variable["value"]) + 2
            for variable in changed["spec"]["containers"][0]["env"]
        )
        <= 2048
    )
    assert [name for name in names if name.endswith("_HOST")] == [f"S{n:02}_SERVICE_HOST" for n in range(40)]
    assert names[:9] == [*(f"S00_{name[3:]}" for name in DB[:3]), *names[3:9]]
    assert changed["spec"]["enableServiceLinks"] is False
    assert warnings == [
        'svcdns: container "app": over 2048 bytes: only Docker links of 39 Services (shop/s01, shop/s02, '
        "shop/s03, ...) are left out; name the Services that it needs"
    ]

    _, _, warnings = decide(pod({"name": "app"}), store=store, options=InjectionOptions(budget=1024))

    assert warnings == [
        'svcdns: container "app": over 1024 bytes: hosts and ports of 18 Services (shop/s22, shop/s23, '
        "shop/s24, ...) and only Docker links of 22 Services (shop/s00, shop/s01, shop/s02, ...) are left "
        "out; name the Services that it needs"
    ]


def test_what_a_container_refers_to_comes_first() -> None:
    services = [service(f"shop/s{number:03}", "10.0.0.1", ports="80") for number in range(200)]
    store = cluster(namespace("shop"), *services)
    options = InjectionOptions(budget=1024)
    original = pod(
        {"args": ["$(S199_PORT_80_TCP_ADDR)"], "env": [{"name": "X", "value": "$(S150_SERVICE_HOST)"}]}
    )
    names = env(after(original, store=store, options=options))

    assert {"S199_PORT_80_TCP_ADDR", "S150_SERVICE_HOST", "S000_SERVICE_HOST"} < set(names)

    again = after(after(original, store=store, options=options), store=store, options=options)

    assert env(again) == names


def test_containers_share_a_bound() -> None:
    """Twenty containers of 64 KiB would make an object that etcd does not take."""
    services = [service(f"shop/s{number:04}", "10.0.0.1", ports="80") for number in range(2000)]
    changed = after(pod(*({"name": f"c{n}"} for n in range(20))), store=cluster(namespace("shop"), *services))

    assert len(json.dumps(changed)) < 800_000
    assert len({tuple(env(changed, number)) for number in range(20)}) == 1
