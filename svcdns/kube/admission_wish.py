"""What the labels and annotations of a Pod and its namespace ask the webhook for.

Keys and values that are close to ours, but not ours, are warned of: else nobody would know why a Pod
is not injected.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from svcdns.kube.manifest_objects import ObjectMeta
from svcdns.kube.objects import Namespace
from svcdns.kube.words import some

PREFIX = "svcdns.io/"
INJECT = f"{PREFIX}inject"
"""Label of a Pod or a Namespace: "true" opts in; a Pod's "false" wins over its namespace."""
SERVICES = f"{PREFIX}services"
"""Annotation of a Pod: only these Services, as `db, auth.other-namespace`."""
INJECTED = f"{PREFIX}injected"
"""Annotation that says that `enableServiceLinks: false` is ours: a Pod may be sent to us twice."""
MIRROR = "kubernetes.io/config.mirror"
"""Annotation of the API server's copies of static Pods, which nothing may change."""


class Wish(Struct, frozen=True):
    """What is asked for. `inject` is None where the Pod says nothing and its namespace is not known.

    `services` narrows what is given; `links_are_ours` says who switched `enableServiceLinks` off.
    """

    inject: bool | None
    services: str | None
    links_are_ours: bool
    warnings: tuple[str, ...]


def read(pod: ObjectMeta, namespace: Namespace | None) -> Wish:
    """The wish of a Pod in this namespace, None where that is not known."""
    labels, annotations = pod.labels or {}, pod.annotations or {}
    warnings = [*_not_ours(labels, annotations)]
    inject: bool | None = None
    if MIRROR in annotations:
        inject = False
    elif said := labels.get(INJECT):
        inject = _value(said)
        warnings += _doubts(said, "the Pod")
    decided = inject is not None
    if not decided and namespace is not None:
        said = (namespace.metadata.labels or {}).get(INJECT, "false")
        inject = _value(said) is True
        warnings += _doubts(said, f"namespace {namespace.metadata.name}")
    if SERVICES in annotations and not inject and not decided:
        warnings.append(f'without the label {INJECT}: "true" the webhook leaves this Pod as it is')
    return Wish(inject, annotations.get(SERVICES), INJECTED in annotations, tuple(warnings))


def _value(text: str) -> bool | None:
    """The API server selects by `true` alone, so nothing else opts in; None where it is neither."""
    if text == "true":
        return True
    return False if text.lower() == "false" else None


def _doubts(text: str, where: str) -> Iterator[str]:
    if text not in ("true", "false"):
        taken = "it is taken as false" if _value(text) is False else "it counts for nothing"
        yield f'label {INJECT}: "{text}" of {where}: wanted is "true" or "false"; {taken}'


def _not_ours(labels: Iterable[str], annotations: Iterable[str]) -> Iterator[str]:
    """What looks like ours, and nobody reads."""
    wrong = [f"label {key}" for key in labels if key.startswith(PREFIX) and key != INJECT]
    wrong += [
        f"annotation {key}"
        for key in annotations
        if key.startswith(PREFIX) and key not in (SERVICES, INJECTED)
    ]
    if wrong:
        yield f"{some(wrong)}: nobody reads it; there are the label {INJECT} and the annotation {SERVICES}"
