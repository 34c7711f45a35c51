"""Kubernetes label selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/."""

import re
from collections.abc import Mapping

_KEY = r"[A-Za-z0-9./_-]+"
_VALUE = r"[A-Za-z0-9._-]*"
_VALUES = rf"\(\s*({_VALUE}(?:\s*,\s*{_VALUE})*)\s*\)"
_REQUIREMENT = re.compile(
    rf"\s*(?:"
    rf"!\s*(?P<absent>{_KEY})"
    rf"|(?P<set_key>{_KEY})\s+(?P<set_operator>in|notin)\s*{_VALUES}"
    rf"|(?P<key>{_KEY})\s*(?P<operator>==|=|!=)\s*(?P<value>{_VALUE})"
    rf"|(?P<present>{_KEY})"
    rf")\s*(?:,|$)"
)


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy every requirement; an empty selector matches all."""
    position = 0
    verdict = True
    while position < len(selector.rstrip()):
        requirement = _REQUIREMENT.match(selector, position)
        if requirement is None:
            raise ValueError(f"no label selector: {selector!r}, at {selector[position:]!r}")

        verdict = verdict and _holds(requirement, labels)
        position = requirement.end()

    return verdict


def _holds(requirement: re.Match[str], labels: Mapping[str, str]) -> bool:
    part = requirement.groupdict()
    if part["absent"]:
        return part["absent"] not in labels
    if part["present"]:
        return part["present"] in labels
    if part["set_key"]:
        values = re.split(r"\s*,\s*", requirement.group(4))
        inside = labels.get(part["set_key"]) in values
        return inside if part["set_operator"] == "in" else not inside

    equal = labels.get(part["key"]) == part["value"]

    return not equal if part["operator"] == "!=" else equal
