"""Parses the options of resolv.conf(5) that the webhook gives Pods: `timeout:2`, `rotate`."""

import difflib

from svcdns.kube.injection.pod_spec import DnsOption

_MAX_VALUES = {"ndots": 15, "timeout": 30, "attempts": 5}
"""The options with a number, and the highest number that resolvers accept; resolv.conf(5)."""
_FLAG_OPTIONS = (
    "debug",
    "edns0",
    "inet6",
    "ip6-bytestring",
    "ip6-dotint",
    "no-aaaa",
    "no-check-names",
    "no-ip6-dotint",
    "no-reload",
    "no-tld-query",
    "rotate",
    "single-request",
    "single-request-reopen",
    "strict-error",
    "trust-ad",
    "use-vc",
)
"""The options without a number."""


def parse_resolver_option(text: str) -> DnsOption:
    """Read `timeout:2` or `single-request-reopen`."""
    name, colon, value = text.partition(":")
    if name in _MAX_VALUES:
        if not (value.isascii() and value.isdigit() and int(value) <= _MAX_VALUES[name]):
            raise ValueError(f"{text!r}: {name}:N was expected, with N from 0 to {_MAX_VALUES[name]}")
    elif name not in _FLAG_OPTIONS:
        close = difflib.get_close_matches(name, (*_MAX_VALUES, *_FLAG_OPTIONS), n=1)
        meant = f"; did you mean {close[0]}?" if close else ", as timeout:2 or single-request-reopen"
        raise ValueError(f"{text!r} is no option of resolv.conf(5){meant}")
    elif colon:
        raise ValueError(f"{text!r}: {name} has no number")

    return DnsOption(name, value or None)


def check_distinct(options: tuple[DnsOption, ...]) -> tuple[DnsOption, ...]:
    """Return the options; raise ValueError if two have the same name."""
    names = [option.name for option in options]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"{name!r} is given twice")

    return options
