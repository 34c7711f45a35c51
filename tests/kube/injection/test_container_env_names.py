"""The names that a container sets or refers to, next to the available variables."""

from tests.kube.injection.admitted_pods import (
    KUBERNETES,
    after,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.env_services import service
from tests.reviews import env, pod


def test_a_reference_before_its_variable_is_set_needs_the_kubelet():
    own = [{"name": "URL", "value": "$(DB_SERVICE_HOST)"}, {"name": "DB_SERVICE_HOST", "value": "mine"}]
    _, changed, warnings = decide(pod({"name": "app", "env": own}))
    assert changed["spec"]["enableServiceLinks"] is True
    assert warnings == [
        'svcdns: container "app": DB_SERVICE_HOST set after a reference to it; '
        "enableServiceLinks stays as it is"
    ]
    assert after(pod({"env": own[::-1]}))["spec"]["enableServiceLinks"] is False


def test_the_kubelet_always_gives_kubernetes():
    known = cluster(namespace("shop"), KUBERNETES, service("shop/db", "10.96.0.7"))
    made = pod({"args": ["$(KUBERNETES_SERVICE_HOST)"]}, annotations={"svcdns.io/services": "db"})
    _, changed, warnings = decide(made, known=known)
    assert (env(changed), warnings) == (["DB_SERVICE_HOST"], [])
    assert changed["spec"]["enableServiceLinks"] is False
