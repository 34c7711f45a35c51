"""Rate limiting is off unless somebody sets a rate."""

from svcdns.dns.clients.rate_limit_options import RateLimitOptions


def test_there_is_no_limit_by_default() -> None:
    assert RateLimitOptions().rate == 0
