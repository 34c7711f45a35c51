"""What the labels and annotations of a Pod and its namespace ask the webhook for.

Keys and values that are close to ours, but not ours, are warned of: else nobody would know why a Pod
is not injected.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from svcdns.kube.injection.abbreviated_lists import abbreviate
from svcdns.kube.manifests.manifest_objects import ManifestMeta
from svcdns.kube.objects import Namespace

KEY_PREFIX = "svcdns.io/"
INJECT_LABEL = f"{KEY_PREFIX}inject"
"""Label of a Pod or a Namespace: "true" opts in; a Pod's "false" wins over its namespace."""
SERVICES_ANNOTATION = f"{KEY_PREFIX}services"
"""Annotation of a Pod: only these Services, as `db, auth.other-namespace`."""
INJECTED_ANNOTATION = f"{KEY_PREFIX}injected"
"""Annotation that says that `enableServiceLinks: false` is ours: a Pod may be sent to us twice."""
MIRROR_POD_ANNOTATION = "kubernetes.io/config.mirror"
"""Annotation of the API server's copies of static Pods, which nothing may change."""


class InjectionOptIn(Struct, frozen=True):
    """What is asked for. `inject` is None where the Pod says nothing and its namespace is not known.

    `services` narrows what is given; `links_are_ours` says who switched `enableServiceLinks` off.
    """

    is_opted_in: bool | None
    services_text: str | None
    has_links_disabled_by_us: bool
    warnings: tuple[str, ...]


def read_opt_in(pod_metadata: ManifestMeta, namespace: Namespace | None) -> InjectionOptIn:
    """The wish of a Pod in this namespace, None where that is not known."""
    labels, annotations = pod_metadata.labels or {}, pod_metadata.annotations or {}
    warnings = [*_warn_of_unknown_keys(labels, annotations)]
    inject: bool | None = None
    if MIRROR_POD_ANNOTATION in annotations:
        inject = False
    elif said := labels.get(INJECT_LABEL):
        inject = _parse_label(said)
        warnings += _warn_of_value(said, "the Pod")
    decided = inject is not None
    if not decided and namespace is not None:
        said = (namespace.metadata.labels or {}).get(INJECT_LABEL, "false")
        inject = _parse_label(said) is True
        warnings += _warn_of_value(said, f"namespace {namespace.metadata.name}")
    if SERVICES_ANNOTATION in annotations and not inject and not decided:
        warnings.append(f'without the label {INJECT_LABEL}: "true" the webhook leaves this Pod as it is')
    return InjectionOptIn(
        inject, annotations.get(SERVICES_ANNOTATION), INJECTED_ANNOTATION in annotations, tuple(warnings)
    )


def _parse_label(text: str) -> bool | None:
    """The API server selects by `true` alone, so nothing else opts in; None where it is neither."""
    if text == "true":
        return True
    return False if text.lower() == "false" else None


def _warn_of_value(text: str, label_owner: str) -> Iterator[str]:
    if text not in ("true", "false"):
        taken = "it is taken as false" if _parse_label(text) is False else "it counts for nothing"
        yield f'label {INJECT_LABEL}: "{text}" of {label_owner}: wanted is "true" or "false"; {taken}'


def _warn_of_unknown_keys(labels: Iterable[str], annotations: Iterable[str]) -> Iterator[str]:
    """What looks like ours, and nobody reads."""
    wrong = [f"label {key}" for key in labels if key.startswith(KEY_PREFIX) and key != INJECT_LABEL]
    wrong += [
        f"annotation {key}"
        for key in annotations
        if key.startswith(KEY_PREFIX) and key not in (SERVICES_ANNOTATION, INJECTED_ANNOTATION)
    ]
    if wrong:
        yield (
            f"{abbreviate(wrong)}: nobody reads it; "
            f"there are the label {INJECT_LABEL} and the annotation {SERVICES_ANNOTATION}"
        )
