"""Services as people name them: `db, auth.other-namespace`."""

from svcdns.errors import ObjectError
from svcdns.kube.manifests import field_rules
from svcdns.kube.objects import Key

MAX_REFERENCES = 256
"""Services that one text may name: each costs some microseconds."""

_MAX_SHOWN_CHARS = 100


def split_references(text: str) -> list[str]:
    """The names of a text, up to `MOST`."""
    return [name for part in text.split(",", MAX_REFERENCES)[:MAX_REFERENCES] if (name := part.strip())]


def parse_reference(text: str, default_namespace: str) -> Key:
    """The Service of this name as said in `namespace`; raises ObjectError with what was meant."""
    name, dot, where = text.partition(".")
    if _is_label(name) and (_is_label(where) or not dot):
        return where or default_namespace, name
    raise ObjectError("", f'"{text[:_MAX_SHOWN_CHARS]}" is no name of a Service: {_suggest_spelling(text)}')


def _suggest_spelling(text: str) -> str:
    """The other ways in which people write it."""
    words, path, labels = text.split(maxsplit=2), text.split("/", 2), text.split(".", 3)
    if len(words) > 1:
        return "names stand apart, as db, cache"
    if len(path) == 2 and all(map(_is_label, path)):
        return f"write {path[1]}.{path[0]}"
    if len(labels) > 2 and all(map(_is_label, labels[:2])) and labels[2] in ("svc", ""):
        return f"write {labels[0]}.{labels[1]}"
    if text != text.lower() and len(text) <= _MAX_SHOWN_CHARS:
        return f"write {text.lower()}"
    return "wanted is NAME or NAME.NAMESPACE"


def _is_label(text: str) -> bool:
    return field_rules.check_dns_label(text) is None
