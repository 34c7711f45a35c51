"""From a parsed document to a checked object: the front door of the small control plane.

    document -> expand (Lists) -> decode: type, defaults, rules -> Reading

What the API server does with a request body, in its order: which kind it is, whether the fields
have the right types, the defaults, the rules (`validate`). Pure; the caller knows files and lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from svcdns.errors import ObjectError
from svcdns.kube.manifests import defaults, field_rules, validation
from svcdns.kube.manifests.manifest_objects import MANIFEST_TYPES, ManifestObject
from svcdns.kube.objects import CLUSTER_SCOPED

T = TypeVar("T")

FieldPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands in its document: `("items", 3, "spec")`."""

_KINDS = {kind for _, kind in MANIFEST_TYPES}
_LIST_KINDS = {"List", *(f"{kind}List" for kind in _KINDS)}
_SUPPORTED_GROUPS = frozenset(version.rpartition("/")[0] for version, _ in MANIFEST_TYPES)
_MSGSPEC_MESSAGE = re.compile(r"(?P<message>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)
_PATH_STEP = re.compile(r"\.?([^.\[\]]+)|\[(?:(\d+)|([^\]]+))\]")
_TYPE_NAMES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "array": "list",
    "object": "mapping",
}
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class UnreadableValue:
    """Stands in a document for a value that could not be read; wrong only where it is used."""

    message: str


class ObjectIdentity(NamedTuple):
    """Which object: for messages, and to tell two of the same name; all empty for what is none."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        name = self.name or "(no name)"
        return f"{self.kind} {self.namespace}/{name}" if self.namespace else f"{self.kind} {name}"


class DecodedObject(NamedTuple):
    """One object as declared: `object` is None where it has errors."""

    identity: ObjectIdentity
    object: ManifestObject | None
    errors: tuple[ObjectError, ...]


def expand_lists(document: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    """The document, or the items of a List (as `kubectl get -o yaml` writes it), with their paths.

    The items of a typed list (`ServiceList`, as the API server writes it) have its kind.
    """
    if not isinstance(document, dict) or not _is_list(document) or len(path) > _MAX_DEPTH:
        yield path, document
        return
    items = document.get("items") or ()
    kind = document["kind"].removesuffix("List")
    inherited = {"apiVersion": document.get("apiVersion"), "kind": kind} if kind else {}
    if not isinstance(items, list | tuple):
        yield (*path, "items"), UnreadableValue("Invalid value: the items of a List are a list")
        return
    for index, item in enumerate(items):
        yield from expand_lists(inherited | item if isinstance(item, dict) else item, (*path, "items", index))


def _is_list(document: dict[str, Any]) -> bool:
    """Of a kind that is none of ours, as a DeploymentList, only where it has items."""
    kind = document.get("kind")
    if not isinstance(kind, str):
        return False
    return kind in _LIST_KINDS or (kind.endswith("List") and isinstance(document.get("items"), list))


def decode_document(document: Any) -> DecodedObject | None:
    """The object with its defaults, or what is wrong with it; None for a kind that is not ours."""
    if not isinstance(document, dict):
        message = (
            document.message
            if isinstance(document, UnreadableValue)
            else "expected a mapping with apiVersion and kind"
        )
        return DecodedObject(ObjectIdentity("", "", ""), None, (ObjectError("", message),))
    subject = identity_of(document)
    try:
        kind, version = _required_text("kind", document), _required_text("apiVersion", document)
        if kind not in _KINDS or version.rpartition("/")[0] not in _SUPPORTED_GROUPS:
            return None
        if (version, kind) not in MANIFEST_TYPES:
            known = [version for version, of in MANIFEST_TYPES if of == kind]
            raise field_rules.unsupported_value("apiVersion", version, known)
        obj = defaults.fill_defaults(convert_document(document, MANIFEST_TYPES[version, kind]))
    except ObjectError as error:
        return DecodedObject(subject, None, (error,))
    errors = tuple(validation.validate(obj))
    return DecodedObject(subject, None if errors else obj, errors)


def identity_of(document: dict[str, Any]) -> ObjectIdentity:
    """What the document calls itself, whatever it is; without a namespace it is in `default`."""
    metadata = document.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    kind, name, namespace = (
        value if isinstance(value, str) else ""
        for value in (document.get("kind"), named.get("name"), named.get("namespace"))
    )
    if not name and not kind:
        return ObjectIdentity("", "", "")
    return ObjectIdentity(kind or "Object", "" if kind in CLUSTER_SCOPED else namespace or "default", name)


def parse_field_path(field: str) -> FieldPath:
    """The path of a field as written in errors: `spec.ports[1].port`, `metadata.labels[app]`."""
    return tuple(int(index) if index else name or key for name, index, key in _PATH_STEP.findall(field))


def _required_text(field: str, document: dict[str, Any]) -> str:
    value = document.get(field)
    if isinstance(value, UnreadableValue):
        raise ObjectError(field, value.message)
    if not isinstance(value, str) or not value:
        raise field_rules.required_value(field)
    return value


def convert_document(document: dict[str, Any], kind: type[T]) -> T:
    """The document typed, without rules or defaults; raises ObjectError in the API server's words."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError:
        document = _drop_nulls(document)  # rare, so it is tried only now
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _translate_error(str(error), document) from None


def _drop_nulls(value: Any, depth: int = 0) -> Any:
    """A copy in which null fields are absent, as they are for the API server."""
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {name: _drop_nulls(one, depth + 1) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_drop_nulls(one, depth + 1) for one in value]
    return value


def _translate_error(msgspec_message: str, document: dict[str, Any]) -> ObjectError:
    """A msgspec failure in the words of the API server, with the value it found."""
    match = _MSGSPEC_MESSAGE.fullmatch(msgspec_message)
    message, path = (match["message"], match["path"] or "") if match else (msgspec_message, "")
    field = path.replace("[...]", "").removeprefix(".")
    if missing := re.fullmatch(r"Object missing required field `(.+)`", message):
        return field_rules.required_value(f"{field}.{missing[1]}".removeprefix("."))
    value: Any = document
    for step in parse_field_path(field):
        value = value[step]
    if path.endswith("[...]"):  # msgspec does not say which value of a map it is; they are all strings
        key = next(key for key, one in value.items() if not isinstance(one, str))
        field, value = f"{field}[{key}]", value[key]
    if isinstance(value, UnreadableValue):
        return ObjectError(field, value.message)
    text = re.sub(r"\w+", lambda word: _TYPE_NAMES.get(word[0], word[0]), message.replace(" | null", ""))
    text = text.replace("`", "").replace("Expected", "expected")
    if "expected string" in text:
        text += " (put it in quotes)"
    if isinstance(value, dict | list):
        return ObjectError(field, f"Invalid value: {text}")
    return field_rules.invalid_value(field, value, text)
