"""A cluster, and what becomes of a Pod that is made in it."""

import json
from typing import Any

from svcdns.kube.injection import admission, admission_review
from svcdns.kube.injection.admission import AdmissionDecision
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.injection_store import InjectionStore
from svcdns.kube.objects import (
    Change,
    Namespace,
    NamespaceAnnotations,
    NamespaceMeta,
    Service,
    key_of,
)
from tests import reviews
from tests.kube.injection.env_services import service
from tests.reviews import Object

DB = [
    "DB_SERVICE_HOST",
    "DB_SERVICE_PORT",
    "DB_PORT",
    "DB_PORT_5432_TCP",
    "DB_PORT_5432_TCP_PROTO",
    "DB_PORT_5432_TCP_PORT",
    "DB_PORT_5432_TCP_ADDR",
]
AUTH = [name.replace("DB", "AUTH").replace("5432", "80") for name in DB]


def namespace(name: str, inject: str | None = None, allow: str | None = None) -> Namespace:
    labels = {"svcdns.io/inject": inject} if inject else None
    annotations = NamespaceAnnotations(allow) if allow else None
    return Namespace(NamespaceMeta(name, labels=labels, annotations=annotations))


KUBERNETES = service("default/kubernetes", "10.96.0.1", ports="443")
KUBERNETES_NAMES = [name.replace("DB", "KUBERNETES").replace("5432", "443") for name in DB]


def cluster(*objects: Service | Namespace) -> InjectionStore:
    store = InjectionStore()
    for obj in objects:
        store.apply(Change("Service" if isinstance(obj, Service) else "Namespace", key_of(obj), obj))

    return store


CLUSTER = cluster(
    namespace("shop"),
    namespace("injected", "true"),
    namespace("other", allow="billing, shop"),
    namespace("closed"),
    namespace("open", allow="*"),
    service("shop/db", "10.96.0.7", ports="5432"),
    service("shop/peers", "None", ports="80"),
    service("injected/db", "10.96.0.8", ports="5432"),
    service("other/auth", "10.96.0.9", ports="80"),
    service("closed/auth", "10.96.0.10", ports="80"),
    service("open/auth", "10.96.0.11", ports="80"),
)


def decide(
    original: Object,
    where: str = "shop",
    store: InjectionStore | None = CLUSTER,
    options: InjectionOptions = InjectionOptions(),  # noqa: B008 - frozen
    **fields: Any,
) -> tuple[AdmissionDecision, Object, list[str]]:
    """The decision, the Pod after it, and the warnings as they are sent."""
    request = reviews.request(original, where, **fields)
    decision = admission.decide_admission(request, store, options)
    answer = json.loads(admission_review.encode_review(request.uid, decision.operations, decision.warnings))

    return decision, reviews.patched(original, answer), answer["response"].get("warnings", [])


def after(original: Object, where: str = "shop", **options: Any) -> Object:
    return decide(original, where, **options)[1]
