"""Which texts are names, as Kubernetes and DNS have them: predicates, each a rule of its specification.

Callers that refuse a text say why in words of their own.
Source: Kubernetes "Object Names and IDs" and "Labels and Selectors"; RFC 1123 2.1; RFC 8552.
"""

import re

MAX_SUBDOMAIN = 253
"""Characters of a name: 255 bytes on the wire (RFC 1035 2.3.4), without the first length and the root."""
MAX_LABEL = 63
"""Characters of a label (RFC 1035 2.3.4)."""

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(rf"{_DNS_LABEL.pattern}(\.{_DNS_LABEL.pattern})*")
_QUALIFIED_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
# ASCII: otherwise IGNORECASE would let the long s and Kelvin's sign be letters.
_HOST_LABEL = re.compile(r"[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)


def is_dns_label(text: str) -> bool:
    """An RFC 1123 label in small letters: 1 to 63 of a-z, 0-9 and `-`, a letter or digit at both ends."""
    return len(text) <= MAX_LABEL and _DNS_LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """RFC 1123 labels joined by dots: at most 253 characters; as in Kubernetes, a label may have over 63."""
    return len(text) <= MAX_SUBDOMAIN and _DNS_SUBDOMAIN.fullmatch(text) is not None


def is_qualified_name(text: str) -> bool:
    """1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends."""
    return _QUALIFIED_NAME.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """The value of a Kubernetes label: a qualified name, or empty."""
    return not text or is_qualified_name(text)


def is_label_key(text: str) -> bool:
    """The key of a Kubernetes label: a qualified name, optionally after a DNS subdomain and `/`."""
    prefix, slash, name = text.rpartition("/")
    return is_qualified_name(name) and (not slash or is_dns_subdomain(prefix))


def is_host_label(text: str) -> bool:
    """A label of a host name in any case; it may have underscores, as `_http` and `_tcp` do (RFC 8552)."""
    return _HOST_LABEL.fullmatch(text) is not None
