"""The webhook's certificate: both of its files, or an error that says what to do."""

from pathlib import Path

import pytest

from svcdns.errors import ConfigError
from svcdns.value_types import Address
from svcdns.web.webhook.options import WebhookOptions


def test_only_this_machine_is_answered_by_default() -> None:
    assert WebhookOptions().listen == (Address("127.0.0.1", 8443),)


def test_the_certificate_is_two_files() -> None:
    options = WebhookOptions(tls_cert="/c.pem", tls_key="/k.pem")
    assert options.certificate == (Path("/c.pem"), Path("/k.pem"))
    assert not list(options.conflicts())


@pytest.mark.parametrize(
    "options", [WebhookOptions(), WebhookOptions(tls_cert="/c.pem"), WebhookOptions(tls_key="/k.pem")]
)
def test_without_both_there_is_none(options: WebhookOptions) -> None:
    with pytest.raises(
        ConfigError, match=r"give --tls-cert and --tls-key; `svcdns webhook certs` makes them"
    ):
        _ = options.certificate


@pytest.mark.parametrize("options", [WebhookOptions(tls_cert="/c.pem"), WebhookOptions(tls_key="/k.pem")])
def test_one_without_the_other_is_a_conflict(options: WebhookOptions) -> None:
    (conflict,) = options.conflicts()
    assert conflict.message == "a certificate needs its key: set both"
    assert conflict.fields == ("tls_cert", "tls_key")


def test_none_is_no_conflict() -> None:
    """`webhook certs` needs none."""
    assert not list(WebhookOptions().conflicts())
