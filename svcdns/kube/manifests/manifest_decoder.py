"""From a parsed document to a checked object: the entrance of the control plane.

    document -> expand_lists -> decode_document: type, defaults, rules -> DecodedObject

It does what the API server does with a request body, in the same order: find the kind, check the types
of the fields, fill in the defaults, check the rules (`validation`). Pure: the caller knows the files and
lines.
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

# `Expected `int`, got `str` - at `$.spec.ports[1].port``; `key in` stands before a wrong key of a map.
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
"""From msgspec's words to those of YAML."""

# Far deeper than any real object, and far below Python's limit of recursion (1,000).
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class UnreadableValue:
    """Stands in a document for a value that could not be parsed; it is an error only where it is used."""

    message: str


class ObjectIdentity(NamedTuple):
    """Which object it is, for messages and to find duplicates; all is empty for what is no object."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        name = self.name or "(no name)"
        return f"{self.kind} {self.namespace}/{name}" if self.namespace else f"{self.kind} {name}"


class DecodedObject(NamedTuple):
    """One declared object; `object` is None where it has errors."""

    identity: ObjectIdentity
    object: ManifestObject | None
    errors: tuple[ObjectError, ...]


def expand_lists(document: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    """The document, or the items of a List (as `kubectl get -o yaml` prints it), with their paths.

    The items of a typed list (`ServiceList`, as the API server sends it) get their kind from the list.
    """
    if not isinstance(document, dict) or not _is_list(document) or len(path) > _MAX_DEPTH:
        yield path, document
        return

    items = document.get("items") or ()
    if not isinstance(items, list | tuple):
        yield (*path, "items"), UnreadableValue("Invalid value: the items of a List are a list")
        return

    # The API server leaves apiVersion and kind out of the items of a typed list.
    kind = document["kind"].removesuffix("List")
    inherited = {"apiVersion": document.get("apiVersion"), "kind": kind} if kind else {}
    for index, item in enumerate(items):
        yield from expand_lists(inherited | item if isinstance(item, dict) else item, (*path, "items", index))


def _is_list(document: dict[str, Any]) -> bool:
    """Whether the document is a List; one of a foreign kind (DeploymentList) is only where it has items."""
    kind = document.get("kind")
    if not isinstance(kind, str):
        return False

    # A custom resource may be called `AccessList` and be no list at all.
    return kind in _LIST_KINDS or (kind.endswith("List") and isinstance(document.get("items"), list))


def decode_document(document: Any) -> DecodedObject | None:
    """The object with its defaults, or its errors; None for a kind that svcdns does not use."""
    if not isinstance(document, dict):
        message = (
            document.message
            if isinstance(document, UnreadableValue)
            else "expected a mapping with apiVersion and kind"
        )
        return DecodedObject(ObjectIdentity("", "", ""), None, (ObjectError("", message),))

    identity = identity_of(document)
    try:
        kind = _required_text("kind", document)
        version = _required_text("apiVersion", document)

        # By group: Service of `serving.knative.dev/v1` is foreign, Service of `v2` is a mistake.
        if kind not in _KINDS or version.rpartition("/")[0] not in _SUPPORTED_GROUPS:
            return None
        if (version, kind) not in MANIFEST_TYPES:
            supported = [
                supported_version for supported_version, its_kind in MANIFEST_TYPES if its_kind == kind
            ]
            raise field_rules.unsupported_value("apiVersion", version, supported)

        obj = defaults.fill_defaults(convert_document(document, MANIFEST_TYPES[version, kind]))
    except ObjectError as error:
        return DecodedObject(identity, None, (error,))

    errors = tuple(validation.validate(obj))
    return DecodedObject(identity, None if errors else obj, errors)


def identity_of(document: dict[str, Any]) -> ObjectIdentity:
    """Kind, namespace and name as the document says them; without a namespace it is in `default`."""
    metadata = document.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    kind, name, namespace = (
        value if isinstance(value, str) else ""
        for value in (document.get("kind"), names.get("name"), names.get("namespace"))
    )

    if not name and not kind:
        return ObjectIdentity("", "", "")

    return ObjectIdentity(kind or "Object", "" if kind in CLUSTER_SCOPED else namespace or "default", name)


def parse_field_path(field: str) -> FieldPath:
    """The path of a field in the form of error messages: `spec.ports[1].port`, `metadata.labels[app]`."""
    return tuple(int(index) if index else name or key for name, index, key in _PATH_STEP.findall(field))


def _required_text(field: str, document: dict[str, Any]) -> str:
    """The text of a top-level field; raises ObjectError where there is none."""
    value = document.get(field)
    if isinstance(value, UnreadableValue):
        raise ObjectError(field, value.message)
    if not isinstance(value, str) or not value:
        raise field_rules.required_value(field)
    return value


def convert_document(document: dict[str, Any], kind: type[T]) -> T:
    """The document as a struct, without rules or defaults; raises ObjectError in the API server's words."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError:
        document = _drop_nulls(document)  # nulls are rare, so the copy is made only now

    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _translate_error(str(error), document) from None


def _drop_nulls(value: Any, depth: int = 0) -> Any:
    """A copy in which null fields are absent, as they are for the API server."""
    if depth > _MAX_DEPTH:
        return value

    if isinstance(value, dict):
        return {name: _drop_nulls(member, depth + 1) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_drop_nulls(item, depth + 1) for item in value]
    return value


def _translate_error(msgspec_message: str, document: dict[str, Any]) -> ObjectError:
    """A message of msgspec in the words of the API server, with the wrong value."""
    match = _MSGSPEC_MESSAGE.fullmatch(msgspec_message)
    message, path = (match["message"], match["path"] or "") if match else (msgspec_message, "")
    field = path.replace("[...]", "").removeprefix(".")

    if missing := re.fullmatch(r"Object missing required field `(.+)`", message):
        return field_rules.required_value(f"{field}.{missing[1]}".removeprefix("."))

    value: Any = document
    for step in parse_field_path(field):
        value = value[step]
    # msgspec does not say which value of a map is wrong. All maps here are of strings, so look for another.
    if path.endswith("[...]"):
        key = next(key for key, member in value.items() if not isinstance(member, str))
        field = f"{field}[{key}]"
        value = value[key]
    if isinstance(value, UnreadableValue):
        return ObjectError(field, value.message)

    text = re.sub(r"\w+", lambda word: _TYPE_NAMES.get(word[0], word[0]), message.replace(" | null", ""))
    text = text.replace("`", "").replace("Expected", "expected")

    # YAML takes `on`, `1.10` and `2024-01-01` as other types, so the remedy is always the same.
    if "expected string" in text:
        text += " (put it in quotes)"

    # A whole list or mapping would bury the message.
    if isinstance(value, dict | list):
        return ObjectError(field, f"Invalid value: {text}")
    return field_rules.invalid_value(field, value, text)
