"""What the labels and annotations of a Pod and its namespace ask the webhook for.

Keys and values that nearly match ours cause a warning: otherwise nobody would know why a Pod is not
injected. The annotation `svcdns.io/services` names Services as `db, auth.other-namespace`; commands take
the same form.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from svcdns.errors import ObjectError
from svcdns.kube.injection.service_env import abbreviate
from svcdns.kube.manifests import field_rules
from svcdns.kube.manifests.manifest_objects import ManifestMeta
from svcdns.kube.objects import Key, Namespace

KEY_PREFIX = "svcdns.io/"
INJECT_LABEL = f"{KEY_PREFIX}inject"
"""Label of a Pod or a Namespace: "true" opts in; a Pod's "false" wins over its namespace."""
SERVICES_ANNOTATION = f"{KEY_PREFIX}services"
"""Annotation of a Pod: inject only these Services, named as `db, auth.other-namespace`."""
INJECTED_ANNOTATION = f"{KEY_PREFIX}injected"
"""Annotation that the webhook sets with `enableServiceLinks: false`: a Pod may be sent to it twice."""
MIRROR_POD_ANNOTATION = "kubernetes.io/config.mirror"
"""Annotation of the API server's copies of static Pods, which nothing may change."""

MAX_REFERENCES = 256
"""Services that one text may name: each costs some microseconds."""

# A wrong name is repeated in the warning; a very long one would push the remedy out of it.
_MAX_SHOWN_CHARS = 100


class InjectionOptIn(Struct, frozen=True):
    """What a Pod asks for. `is_opted_in` is None where only its namespace can say it, and is unknown.

    `services_text` is the annotation that names Services. `has_links_disabled_by_us` says that the
    webhook has set `enableServiceLinks: false` before.
    """

    is_opted_in: bool | None
    services_text: str | None
    has_links_disabled_by_us: bool
    warnings: tuple[str, ...]


def read_opt_in(pod_metadata: ManifestMeta, namespace: Namespace | None) -> InjectionOptIn:
    """What a Pod in this namespace asks for; `namespace` is None where it is not known."""
    labels = pod_metadata.labels or {}
    annotations = pod_metadata.annotations or {}
    warnings = [*_warn_of_unknown_keys(labels, annotations)]

    is_opted_in: bool | None = None
    if MIRROR_POD_ANNOTATION in annotations:
        is_opted_in = False
    elif pod_label := labels.get(INJECT_LABEL):
        is_opted_in = _parse_label(pod_label)
        warnings += _warn_of_value(pod_label, "the Pod")

    # A Pod's label that is neither true nor false is ignored, and the namespace decides.
    decided_by_pod = is_opted_in is not None
    if not decided_by_pod and namespace is not None:
        namespace_label = (namespace.metadata.labels or {}).get(INJECT_LABEL, "false")
        is_opted_in = _parse_label(namespace_label) is True
        warnings += _warn_of_value(namespace_label, f"namespace {namespace.metadata.name}")

    # A Pod that says "false" itself means it, and needs no hint.
    if SERVICES_ANNOTATION in annotations and not is_opted_in and not decided_by_pod:
        warnings.append(f'without the label {INJECT_LABEL}: "true" the webhook leaves this Pod as it is')

    return InjectionOptIn(
        is_opted_in,
        annotations.get(SERVICES_ANNOTATION),
        INJECTED_ANNOTATION in annotations,
        tuple(warnings),
    )


def split_references(text: str) -> list[str]:
    """The names in a text like `db, auth.other-namespace`, at most MAX_REFERENCES of them."""
    # A bounded split: the text may be as long as an annotation, 256 KiB, and be all commas.
    parts = text.split(",", MAX_REFERENCES)[:MAX_REFERENCES]
    return [name for part in parts if (name := part.strip())]


def parse_reference(text: str, default_namespace: str) -> Key:
    """The key of the Service that `db` or `db.namespace` names; raises ObjectError with the right form."""
    name, dot, namespace = text.partition(".")
    if _is_label(name) and (_is_label(namespace) or not dot):
        return namespace or default_namespace, name

    raise ObjectError("", f'"{text[:_MAX_SHOWN_CHARS]}" is not a Service name: {_suggest_spelling(text)}')


def _suggest_spelling(text: str) -> str:
    """The right form for a name in one of the other forms that people write."""
    words = text.split(maxsplit=2)
    path = text.split("/", 2)
    labels = text.split(".", 3)

    # In this order: the first form that fits decides, and a path or a list may have dots and capitals too.
    if len(words) > 1:
        return "separate names with commas, as db, cache"
    if len(path) == 2 and all(map(_is_label, path)):
        return f"write {path[1]}.{path[0]}"
    if len(labels) > 2 and all(map(_is_label, labels[:2])) and labels[2] in ("svc", ""):
        return f"write {labels[0]}.{labels[1]}"
    if text != text.lower() and len(text) <= _MAX_SHOWN_CHARS:
        return f"write {text.lower()}"
    return "write NAME or NAME.NAMESPACE"


def _is_label(text: str) -> bool:
    return field_rules.check_dns_label(text) is None


def _parse_label(text: str) -> bool | None:
    """None for what is neither true nor false. Only `true` opts in: the API server selects by it alone."""
    if text == "true":
        return True
    return False if text.lower() == "false" else None


def _warn_of_value(text: str, label_owner: str) -> Iterator[str]:
    if text not in ("true", "false"):
        effect = "it is taken as false" if _parse_label(text) is False else "it is ignored"
        yield f'label {INJECT_LABEL}: "{text}" of {label_owner} must be "true" or "false"; {effect}'


def _warn_of_unknown_keys(labels: Iterable[str], annotations: Iterable[str]) -> Iterator[str]:
    """Keys with our prefix that have no meaning, such as the label's name on an annotation."""
    unknown_keys = [f"label {key}" for key in labels if key.startswith(KEY_PREFIX) and key != INJECT_LABEL]
    unknown_keys += [
        f"annotation {key}"
        for key in annotations
        if key.startswith(KEY_PREFIX) and key not in (SERVICES_ANNOTATION, INJECTED_ANNOTATION)
    ]
    if unknown_keys:
        yield (
            f"{abbreviate(unknown_keys)} ignored: "
            f"use the label {INJECT_LABEL} or the annotation {SERVICES_ANNOTATION}"
        )
