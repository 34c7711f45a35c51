"""The headers that say who we are and whom we act as."""

import pytest

from svcdns.sources.apiserver.login import login_headers
from svcdns.sources.apiserver.login.kubeconfig_fields import UserEntry


def test_a_token() -> None:
    assert login_headers.bearer("sesame\n") == (("Authorization", "Bearer sesame"),)
    assert login_headers.bearer("\n") == ()


def test_a_name_and_a_password() -> None:
    """RFC 7617 2."""
    assert login_headers.basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_impersonation() -> None:
    user = UserEntry(
        impersonated_user="jane",
        impersonated_uid="06f6ce97",
        impersonated_groups=["developers", "admins"],
        impersonated_extra={"scopes": ["view", "edit"], "acme.com/Project %": ["x"], "none": None},
    )
    assert login_headers.impersonation(user) == (
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "06f6ce97"),
        ("Impersonate-Group", "developers"),
        ("Impersonate-Group", "admins"),
        ("Impersonate-Extra-scopes", "view"),
        ("Impersonate-Extra-scopes", "edit"),
        ("Impersonate-Extra-acme.com%2Fproject%20%25", "x"),
    )
    assert login_headers.impersonation(UserEntry()) == ()


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("https://api", True),
        ("http://api", False),
        ("http://127.0.0.1:8001", True),
        ("http://10.0.0.1", False),
    ],
)
def test_where_a_token_may_be_sent(server: str, expected: bool) -> None:
    assert login_headers.is_confidential(server) == expected
