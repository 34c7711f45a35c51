"""Any Pod, any Services: an injected Pod finds at its start what the kubelet alone would have given it."""

import contextlib
import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.errors import ObjectError
from svcdns.kube.injection import admission, admission_review
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.injection_store import InjectionStore
from svcdns.kube.objects import Change, Namespace, NamespaceAnnotations, NamespaceMeta, Service, key_of
from tests import kubelet, reviews
from tests.kube.injection.env_services import clusters, service
from tests.reviews import Object, pod

# The Services of `clusters` are called so that these collide with their variables.
NAMES = ["DB_SERVICE_HOST", "DB_SERVICE_PORT", "DB_PORT", "PORT_PORT", "KUBERNETES_SERVICE_HOST", "A", "B"]
names = st.sampled_from(NAMES)
referred = [*NAMES, "WEB_PORT_80_TCP", "WEB_SERVICE_HOST", "LATE_SERVICE_HOST", "LATE_SERVICE_HOST"]
LATE = service("shop/late", "10.96.9.9", ports="80")
shops = clusters.map(lambda services: [*services, service("shop/web", "10.96.0.8", ports="http:80")])
"""Services of several namespaces, at least one of the Pods' own."""
pieces = st.sampled_from([*map("$({})".format, referred), "x", "$$", "$(", "10.0.0.1"])
texts = st.lists(pieces, min_size=1, max_size=3).map("".join)
variables = st.one_of(
    st.builds(lambda name, value: {"name": name, "value": value}, names, texts),
    st.builds(lambda name: {"name": name, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, names),
    st.builds(lambda name: {"name": name}, names),
)
sources = st.builds(
    lambda prefix, name: {"configMapRef": {"name": name}} | ({} if prefix is None else {"prefix": prefix}),
    st.sampled_from([None, "", "DB_", "DB_SERVICE_", "A", "PORT_", "ZZ"]),
    st.sampled_from(["one", "two"]),
)
contents = st.dictionaries(
    st.sampled_from(["DB_PORT", "SERVICE_HOST", "HOST", "PORT", "A"]), st.sampled_from(["1", "$(A)"])
)
maps = st.fixed_dictionaries({"one": contents, "two": contents})


@st.composite
def containers(draw: st.DrawFn) -> Object:
    """One as people write them."""
    container: Object = {"name": draw(st.sampled_from(["a", "b"]))}
    for field, values, most in (
        ("env", variables, 5),
        ("envFrom", sources, 2),
        ("command", texts, 1),
        ("args", texts, 3),
    ):
        if draw(st.sampled_from([field != "envFrom", False, True])):
            container[field] = draw(st.lists(values, max_size=most))

    return container


@st.composite
def pods(draw: st.DrawFn) -> Object:
    """One that opts in."""
    spec: Object = {"enableServiceLinks": draw(st.sampled_from([True, True, None, False]))}
    if draw(st.booleans()):
        spec["initContainers"] = draw(st.lists(containers(), max_size=2))

    return pod(*draw(st.lists(containers(), min_size=1, max_size=2)), **spec)


OTHER = Namespace(NamespaceMeta("other", annotations=NamespaceAnnotations("*")))


def store_of(services: list[Service]) -> InjectionStore:
    store = InjectionStore()
    store.apply(Change("Namespace", key_of(OTHER), OTHER))

    for obj in services:
        store.apply(Change("Service", key_of(obj), obj))

    return store


def inject(original: Object, services: list[Service], budget: int = 1 << 16) -> Object:
    request = reviews.request(original)
    decision = admission.decide_admission(request, store_of(services), InjectionOptions(budget=budget))
    answer = json.loads(admission_review.encode_review(request.uid, decision.operations, decision.warnings))

    return reviews.patched(original, answer)


@given(shops, pods(), maps, st.randoms())
@settings(max_examples=150)
def test_every_container_finds_what_the_kubelet_would_have_given_it(
    services: list[Service], original: Object, contents: dict[str, dict[str, str]], random: Random
) -> None:
    """Its own variables, those of Services, and each `$(NAME)` of its env, command and args."""
    changed = inject(original, services)

    assert kubelet.run(changed, services, "shop", contents) == kubelet.run(
        original, services, "shop", contents
    )
    assert inject(changed, services) == changed

    random.shuffle(services)

    assert inject(original, services) == changed


@given(shops, pods(), maps, st.sampled_from([64, 1024, 1 << 16]))
@settings(max_examples=150)
def test_every_reference_is_replaced_as_under_the_kubelet(
    services: list[Service], original: Object, contents: dict[str, dict[str, str]], budget: int
) -> None:
    """Also where there is no room for its variable, and for a Service that the webhook has yet to hear of."""
    changed = inject(original, services, budget)
    everything = [*services, LATE]
    before = kubelet.run(original, everything, "shop", contents)

    for (env, *texts), (old_env, *old_texts), container in zip(
        kubelet.run(changed, everything, "shop", contents), before, containers_of(original), strict=True
    ):
        assert texts == old_texts

        own = {env_var["name"] for env_var in container.get("env") or ()}

        assert {name: env[name] for name in own} == {name: old_env[name] for name in own}


def containers_of(original: Object) -> list[Object]:
    return [*(original["spec"].get("initContainers") or ()), *original["spec"]["containers"]]


WISHES = st.sampled_from([None, None, "db", "db, db.other", "service.other, port, late", "db.other, 80-tcp"])


@given(shops, pods(), WISHES, st.sampled_from([64, 1024, 4096]), st.sampled_from([0, 0, 0, 1_368_000]))
@settings(max_examples=150)
def test_what_is_its_own_is_not_changed(
    services: list[Service], original: Object, wish: str | None, budget: int, size: int
) -> None:
    """Nor at a second look, which has less room; `size` is that of the Pod."""
    original["metadata"]["annotations"] = {"notes": "x" * size} | (
        {"svcdns.io/services": wish} if wish else {}
    )
    changed = inject(original, services, budget)

    assert inject(changed, services, budget) == changed
    assert inject(changed, services, budget // 2) == changed

    for field in ("initContainers", "containers"):
        for old, new in zip(original["spec"].get(field, ()), changed["spec"].get(field, ()), strict=True):
            own = old.get("env") or []
            now = new.get("env") or []
            added = now[: len(now) - len(own)]

            assert now[len(added) :] == own
            assert {**new, "env": None} == {**old, "env": None}
            assert not {entry["name"] for entry in added} & {entry["name"] for entry in own}

            prefixes = tuple(entry.get("prefix") or "" for entry in old.get("envFrom") or ())

            assert not any(entry["name"].startswith(prefixes) for entry in added)
            assert sum(len(entry["name"] + entry["value"]) + 2 for entry in added) <= budget


@given(clusters, pods())
def test_named_services_are_visible_too(services: list[Service], original: Object) -> None:
    """Whatever is named is found, unless the container says something else."""
    named = [key_of(service) for service in services if service.metadata.namespace == "shop"]
    original["metadata"]["annotations"] = {"svcdns.io/services": ", ".join(name for _, name in named)}
    changed = inject(original, services)

    assert inject(changed, services) == changed

    visible = kubelet.service_env(
        [service for service in services if key_of(service) in named], "shop", links=True
    )

    for old, new in zip(original["spec"]["containers"], changed["spec"]["containers"], strict=True):
        if not old.get("envFrom"):
            env = kubelet.start(new, {}, {})[0]
            env_before = kubelet.start(old, {}, {})[0]
            writable = {name for name in visible if not name[0].isdigit()}

            assert env.keys() == writable | env_before.keys()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.one_of(st.binary(), json_values.map(lambda value: json.dumps(value).encode())))
def test_any_bytes_are_a_review_or_none(body: bytes) -> None:
    with contextlib.suppress(ObjectError):
        admission.decide_admission(admission_review.decode_review(body), InjectionStore(), InjectionOptions())


@given(json_values, st.sampled_from(sorted(reviews.review(pod())["request"])))
def test_a_review_with_anything_anywhere(value: Any, field: str) -> None:
    review = reviews.review(pod(), **{field: value})
    with contextlib.suppress(ObjectError):
        request = admission_review.decode_review(json.dumps(review).encode())
        decision = admission.decide_admission(request, InjectionStore(), InjectionOptions())

        assert json.loads(admission_review.encode_review(request.uid, decision.operations, decision.warnings))


PATHS = [
    ("metadata",),
    ("metadata", "labels", "svcdns.io/inject"),
    ("metadata", "annotations"),
    ("metadata", "annotations", "svcdns.io/services"),
    ("spec",),
    ("spec", "containers"),
    ("spec", "initContainers"),
    ("spec", "containers", 0),
    ("spec", "containers", 0, "env"),
    ("spec", "containers", 0, "env", 0),
    ("spec", "containers", 0, "env", 0, "valueFrom"),
    ("spec", "containers", 0, "envFrom"),
    ("spec", "dnsConfig"),
    ("spec", "enableServiceLinks"),
]


@given(st.sampled_from(PATHS), json_values, clusters)
@settings(max_examples=300)
def test_a_pod_with_anything_anywhere(path: tuple[Any, ...], value: object, services: list[Service]) -> None:
    """Never an exception: the Pod is injected, or left as it is with a warning."""
    original = pod({"name": "a", "env": [{"name": "A", "value": "x"}]}, annotations={}, dnsConfig={})
    at = original

    for step in path[:-1]:
        at = at[step]

    at[path[-1]] = value
    decision = admission.decide_admission(reviews.request(original), store_of(services), InjectionOptions())
    answer = json.loads(admission_review.encode_review("u", decision.operations, decision.warnings))
    reviews.patched(original, answer)

    assert decision.outcome != "unreadable" or decision.warnings
