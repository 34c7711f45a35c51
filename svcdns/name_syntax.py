"""Which texts are names, as Kubernetes and DNS have them: predicates, each a rule of its specification.

Who refuses a text says why in words of his own.
Source: Kubernetes "Object Names and IDs" and "Labels and Selectors"; RFC 1123 2.1; RFC 8552.
"""

import re

MAX_SUBDOMAIN = 253
MAX_LABEL = 63

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(rf"{_DNS_LABEL.pattern}(\.{_DNS_LABEL.pattern})*")
_QUALIFIED_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_HOST_LABEL = re.compile(r"[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)


def is_dns_label(text: str) -> bool:
    """An RFC 1123 label in small letters: 1 to 63 of a-z, 0-9 and `-`, a letter or digit at both ends."""
    return len(text) <= MAX_LABEL and _DNS_LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """RFC 1123 labels joined by dots: at most 253 characters; a label may have more than 63 of them."""
    return len(text) <= MAX_SUBDOMAIN and _DNS_SUBDOMAIN.fullmatch(text) is not None


def is_qualified_name(text: str) -> bool:
    """The name in a label's key: 1 to 63 letters, digits, `-`, `_`, `.`; a letter or digit at both ends."""
    return _QUALIFIED_NAME.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """A label's value: as a qualified name, or empty."""
    return not text or is_qualified_name(text)


def is_label_key(text: str) -> bool:
    """A label's key: a qualified name, with a DNS subdomain and `/` before it or not."""
    prefix, slash, name = text.rpartition("/")
    return is_qualified_name(name) and (not slash or is_dns_subdomain(prefix))


def is_host_label(text: str) -> bool:
    """A label of a host name in any case, or one with underscores, as those of services (RFC 8552)."""
    return _HOST_LABEL.fullmatch(text) is not None
