"""Domain names in wire form: length-prefixed labels that end with the root's zero byte.

`bytes.lower` folds a whole wire name: a label's length is below 64 and so never looks like a capital
letter (RFC 1035 2.3.4, RFC 4343).
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TypeGuard

from svcdns.errors import DomainNameError

MAX_LABEL_LENGTH = 63
MAX_NAME_LENGTH = 255
"""Bytes, with the lengths of the labels and the root (RFC 1035 2.3.4)."""
ROOT = b"\0"

_DOT = ord(".")
_BACKSLASH = ord("\\")
_ESCAPE = re.compile(rb"\\([0-9]{3}|[^0-9])")
_LABEL = re.compile(r"[!-\-/-~]{1,63}")
_ESCAPED_BYTES = frozenset(b'."\\();@$')
"""Printing characters that mean something else in a zone file (RFC 1035 5.1)."""


def from_labels(labels: Iterable[bytes], suffix: bytes = ROOT) -> bytes:
    """Join labels before the wire name `suffix`; raises DomainNameError where one is too long."""
    name = b"".join([bytes((len(label),)) + label for label in _check_labels(labels)]) + suffix
    if len(name) > MAX_NAME_LENGTH:
        raise DomainNameError(f"a name has at most {MAX_NAME_LENGTH} bytes, this one has {len(name)}")

    return name


def prepend_label(label: bytes, parent_name: bytes) -> bytes:
    """The wire name `label.parent_name`; raises DomainNameError."""
    if not 0 < len(label) <= MAX_LABEL_LENGTH or len(label) + len(parent_name) >= MAX_NAME_LENGTH:
        raise DomainNameError(
            f"{label!r} cannot stand before {to_text(parent_name)}: a name has at most 255 bytes"
        )

    return b"%c%b%b" % (len(label), label, parent_name)


def prepend_labels(labels: Collection[bytes], parent_name: bytes) -> list[bytes]:
    """As prepend_label, of many labels at once, each of 1 to 63 bytes."""
    # If the longest one fits, all do: 10,000 endpoints are not checked one by one.
    if labels:
        prepend_label(max(labels, key=len), parent_name)

    return [b"%c%b%b" % (len(label), label, parent_name) for label in labels]


def from_text_labels(labels: Iterable[str], suffix: bytes = ROOT) -> bytes:
    """As from_labels, of text labels (see is_label), which are folded."""
    return from_labels([label.lower().encode() for label in labels], suffix)


def _check_labels(labels: Iterable[bytes]) -> Iterable[bytes]:
    for label in labels:
        if not 0 < len(label) <= MAX_LABEL_LENGTH:
            text = label.decode("latin-1")
            raise DomainNameError(f"a label has 1 to {MAX_LABEL_LENGTH} bytes, {text!r} has {len(label)}")
        yield label


def is_label(text: str | None) -> TypeGuard[str]:
    """Whether the text can be one label as it stands: 1 to 63 printing ASCII characters, no dot."""
    return text is not None and _LABEL.fullmatch(text) is not None


def from_text(text: str) -> bytes:
    r"""Read the presentation format (RFC 1035 5.1): `a.b.`, with `\.` and `\DDD`; always absolute.

    Keeps the case. Raises DomainNameError.
    """
    if text in (".", ""):
        return ROOT

    raw = text.encode("utf-8", "surrogateescape")
    if b"\\" not in raw:
        return from_labels(raw.removesuffix(b".").split(b"."))

    labels: list[bytes] = []
    label = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] == _DOT:
            labels.append(bytes(label))
            label.clear()
            at += 1
        elif raw[at] == _BACKSLASH:
            escape = _ESCAPE.match(raw, at)
            if escape is None:
                raise DomainNameError(f"{text!r}: an escape is \\X or \\DDD (three digits)")
            label.append(_escaped_byte(escape[1], text))
            at = escape.end()
        else:
            label.append(raw[at])
            at += 1

    # Behind a dot at the end there is no label: an absolute name and a relative one read alike.
    if label:
        labels.append(bytes(label))
    return from_labels(labels)


def _escaped_byte(escaped: bytes, text: str) -> int:
    r"""The byte that `\X` or `\DDD` stands for."""
    if len(escaped) < 3:
        return escaped[0]

    if int(escaped) > 255:
        raise DomainNameError(f"{text!r}: an escape \\DDD is at most \\255")
    return int(escaped)


def to_labels(name: bytes) -> list[bytes]:
    """The labels of a valid wire name, without the root."""
    labels = []
    at = 0
    while length := name[at]:
        labels.append(name[at + 1 : at + 1 + length])
        at += length + 1

    return labels


def to_text(name: bytes) -> str:
    r"""The presentation format of a valid wire name, absolute, with `\DDD` for what does not print."""
    return "".join(_label_text(label) + "." for label in to_labels(name)) or "."


def _label_text(label: bytes) -> str:
    return "".join(
        f"\\{chr(c)}" if c in _ESCAPED_BYTES else chr(c) if 0x21 <= c <= 0x7E else f"\\{c:03}" for c in label
    )


def is_whole(data: bytes) -> bool:
    """Whether the bytes are a wire name with nothing behind it; they begin with a name.

    A label may have a zero byte, so the name's end is found label by label.
    """
    at = 0
    while length := data[at]:
        at += length + 1

    return at == len(data) - 1


def parent(name: bytes) -> bytes:
    """The name without its first label; the root is its own parent."""
    return name[name[0] + 1 :] if name[0] else name


def ancestors_below(name: bytes, apex: bytes) -> list[bytes]:
    """The names above a name and below the `apex` that it lies in, longest first."""
    ancestors = []
    while len(name := parent(name)) > len(apex):
        ancestors.append(name)

    return ancestors


def suffixes(name: bytes) -> Iterator[bytes]:
    """The name and all names above it, longest first, the root last."""
    at = 0
    while name[at]:
        yield name[at:]
        at += name[at] + 1
    yield ROOT


def is_subdomain(name: bytes, suffix: bytes) -> bool:
    """Whether the name is `suffix` or lies below it; compares label by label, never as text."""
    if not name.endswith(suffix):
        return False

    # The bytes may begin within a label: `\3svc` ends the label `web\3svc`, too.
    suffix_start = len(name) - len(suffix)
    at = 0
    while at < suffix_start:
        at += name[at] + 1

    return at == suffix_start


def reverse_labels(name: bytes) -> bytes:
    """Labels in the order root first, without the root: what lies below a name starts with its bytes."""
    labels = []
    at = 0
    while length := name[at]:
        labels.append(name[at : at + length + 1])
        at += length + 1

    labels.reverse()
    return b"".join(labels)


IN_ADDR_ARPA = from_labels((b"in-addr", b"arpa"))
IP6_ARPA = from_labels((b"ip6", b"arpa"))

# A reverse name is joined of ready labels: a cluster has as many of them as addresses.
_OCTET_LABELS = [b"%c%d" % (len(str(n)), n) for n in range(256)]
_NIBBLE_LABELS = [b"\1%x\1%x" % (n & 15, n >> 4) for n in range(256)]


def reverse_name(address: bytes) -> bytes:
    """The reverse name of an address of 4 or 16 bytes (RFC 1035 3.5, RFC 3596 2.5)."""
    if len(address) == 4:
        a, b, c, d = address
        return b"".join(
            (_OCTET_LABELS[d], _OCTET_LABELS[c], _OCTET_LABELS[b], _OCTET_LABELS[a], IN_ADDR_ARPA)
        )

    return b"".join([_NIBBLE_LABELS[b] for b in reversed(address)]) + IP6_ARPA
