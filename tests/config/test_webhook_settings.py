"""Options of resolv.conf for Pods."""

import pytest

from svcdns.config.webhook_settings import parse_resolver_option
from svcdns.kube.injection.pod_spec import DnsOption

GOOD = [
    ("ndots:2", DnsOption("ndots", "2")),
    ("attempts:0", DnsOption("attempts", "0")),
    ("single-request-reopen", DnsOption("single-request-reopen")),
]


@pytest.mark.parametrize(("text", "option"), GOOD)
def test_options(text: str, option: DnsOption) -> None:
    assert parse_resolver_option(text) == option
    assert str(option) == text


BAD = [
    ("timout:2", "'timout:2' is no option of resolv.conf(5); did you mean timeout?"),
    ("Rotate", "'Rotate' is no option of resolv.conf(5); did you mean rotate?"),
    ("xyz", "'xyz' is no option of resolv.conf(5), as timeout:2 or single-request-reopen"),
    ("timeout", "'timeout': timeout:N was expected, with N from 0 to 30"),
    ("timeout:", "'timeout:': timeout:N was expected, with N from 0 to 30"),
    ("timeout:1s", "'timeout:1s': timeout:N was expected, with N from 0 to 30"),
    ("ndots:16", "'ndots:16': ndots:N was expected, with N from 0 to 15"),
    ("ndots:٣", "'ndots:٣': ndots:N was expected, with N from 0 to 15"),
    ("rotate:1", "'rotate:1': rotate has no number"),
    ("rotate:", "'rotate:': rotate has no number"),
    ("", "'' is no option of resolv.conf(5), as timeout:2 or single-request-reopen"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_resolver_option(text)
    assert str(raised.value) == said
