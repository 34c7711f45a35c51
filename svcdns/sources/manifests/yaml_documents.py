"""Bytes of a manifest file to plain values, as the API server would understand them.

JSON goes through msgspec (20 times as fast), everything else through libyaml. Scalars follow
the YAML of Kubernetes' tools: no dates and no sexagesimal numbers (`1:20` is text, and so is
an IPv6 address of digits), keys are always text. Hostile input is bounded: depth (`yaml_events`), and what
aliases may multiply to. An alias beyond that becomes an `UnreadableValue`, an error where it is used.
"""

import re
from typing import Any, NamedTuple

import msgspec
import yaml

from svcdns.kube.manifests.manifest_decoder import UnreadableValue
from svcdns.sources.manifests.yaml_events import (
    TruncatedDocumentError,
    YamlErrorEvent,
    YamlEventStream,
)

MAX_ALIASED_VALUES = 1_000_000  # values in a document; a hand-written file aliases some dozens

# `yes` and `off` are booleans, as in YAML 1.1; `y` and `n` are text.
_PLAIN_CONSTANTS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_PLAIN_CONSTANTS |= {
    form: True for word in ("true", "yes", "on") for form in (word, word.title(), word.upper())
}
_PLAIN_CONSTANTS |= {
    form: False for word in ("false", "no", "off") for form in (word, word.title(), word.upper())
}
# With `_` between digits, and octal also in its old form (`0755`).
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:binary")


class ParsedDocuments(NamedTuple):
    """The documents in order (None: empty or broken), and the syntax errors."""

    documents: list[Any]
    syntax_errors: list[YamlErrorEvent]


def parse_documents(data: bytes, *, is_json: bool = False) -> ParsedDocuments:
    """Read all documents; raises nothing.

    With `is_json` the data must be JSON. Otherwise it is YAML, of which JSON is a part.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")  # a byte order mark, as editors on Windows write it

    # What looks like JSON is tried as JSON first, since that is so much faster.
    if is_json or text.lstrip()[:1] in (b"{", b"["):
        try:
            return ParsedDocuments([msgspec.json.decode(text)] if text.strip() else [], [])
        except RecursionError:
            return ParsedDocuments([None], [YamlErrorEvent(1, "nested too deeply")])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if is_json:
                return ParsedDocuments([None], [_to_error_event(str(error), text)])

    return _DocumentBuilder(YamlEventStream(text)).build()


def resolve_scalar(text: str) -> Any:
    """What an unquoted scalar means: null, a boolean, a number, or text."""
    if text in _PLAIN_CONSTANTS:
        return _PLAIN_CONSTANTS[text]

    # Python refuses to convert thousands of digits, and no field holds a number of more than 40.
    if text[0] not in _NUMBER_STARTS or len(text) > 40:
        return text

    if _INTEGER.fullmatch(text):
        digits = text.replace("_", "")
        old_octal = re.fullmatch(r"([-+]?)0([0-7]+)", digits)  # Python knows `0o755` only
        return int(f"{old_octal[1]}0o{old_octal[2]}" if old_octal else digits, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _to_error_event(message: str, data: bytes) -> YamlErrorEvent:
    offset = re.search(r" \(byte (\d+)\)$", message)
    # Without an offset, the data ends too early: the error is on its last line.
    line = data.count(b"\n", 0, int(offset[1]) if offset else len(data.rstrip())) + 1
    return YamlErrorEvent(line, message.removesuffix(offset[0]) if offset else message)


class _DocumentBuilder:
    """Recursive descent over the events of all documents, which are bounded in depth.

    `value_count` counts a document's values, aliased ones each time. `aliased_count` counts the aliased ones
    alone, and is what is bounded.
    """

    def __init__(self, stream: YamlEventStream) -> None:
        self.events = iter(stream)
        self.value_count = 0
        self.aliased_count = 0
        self.anchors: dict[str, tuple[Any, int]] = {}

    def build(self) -> ParsedDocuments:
        parsed = ParsedDocuments([], [])
        for event in self.events:
            if isinstance(event, YamlErrorEvent):
                parsed.syntax_errors.append(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                # Anchors and bounds are those of one document (YAML 1.1, 3.2.2.2).
                self.value_count = 0
                self.aliased_count = 0
                self.anchors = {}
                try:
                    parsed.documents.append(self._build_value(next(self.events)))
                except TruncatedDocumentError as error:
                    parsed.documents.append(None)
                    parsed.syntax_errors.append(error.syntax_error)

        return parsed

    def _build_value(self, event: Any) -> Any:
        kind = type(event)
        first_value = self.value_count
        self.value_count += 1

        if kind is yaml.ScalarEvent:
            value = resolve_scalar(event.value) if _is_plain(event) else event.value
        elif kind is yaml.AliasEvent:
            return self._resolve_alias(event.anchor)
        elif kind is YamlErrorEvent:
            raise TruncatedDocumentError(event)
        elif kind is yaml.MappingStartEvent:
            value = self._build_mapping()
        else:
            value = self._build_sequence()

        # Only now: an alias within its own anchor would be a value without end.
        if event.anchor:
            self.anchors[event.anchor] = (value, self.value_count - first_value)
        return value

    def _build_sequence(self) -> list[Any]:
        items = []
        while type(event := next(self.events)) is not yaml.SequenceEndEvent:
            items.append(self._build_value(event))
        return items

    def _build_mapping(self) -> dict[str, Any]:
        pairs: dict[str, Any] = {}
        while type(event := next(self.events)) is not yaml.MappingEndEvent:
            if type(event) is yaml.ScalarEvent and not event.anchor:
                key = event.value
            else:
                key = _to_key(self._build_value(event))

            value = self._build_value(next(self.events))
            pairs[key] = UnreadableValue(f"key {key!r} already set in map") if key in pairs else value

        # https://yaml.org/type/merge.html: what the mapping says itself wins.
        if "<<" in pairs:
            merged = pairs.pop("<<")
            for source in merged if isinstance(merged, list) else [merged]:
                if isinstance(source, dict):
                    pairs = {**source, **pairs}

        return pairs

    def _resolve_alias(self, anchor: str) -> Any:
        value, size = self.anchors.get(
            anchor, (UnreadableValue(f"no anchor {anchor!r} before this alias"), 1)
        )

        # An alias costs as much as what it stands for: nine levels of nine aliases are a billion values.
        self.value_count += size
        self.aliased_count += size
        if self.aliased_count > MAX_ALIASED_VALUES:
            return UnreadableValue("the document's aliases multiply it too much")
        return value


def _to_key(value: Any) -> str:
    return value if isinstance(value, str) else f"({type(value).__name__} as a key)"


def _is_plain(event: Any) -> bool:
    """Return whether a scalar may be a number, a boolean or null: it has no quotes, or a tag for that."""
    if event.tag is None:
        return bool(event.implicit[0])  # libyaml: it is plain

    return event.tag not in _TEXT_TAGS
