"""The rules for one value, at their edges, and the API server's words for an error."""

from ipaddress import ip_address

import pytest

from svcdns.kube.manifests import field_rules


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a", None),
        ("1st", None),
        ("a" * 63, None),
        ("a" * 64, "must be no more than 63 characters"),
        ("", "must be a DNS label"),
        ("-a", "must be a DNS label"),
        ("a.b", "must be a DNS label"),
        ("A", "must be a DNS label"),
    ],
)
def test_dns_labels(value: str, message: str | None) -> None:
    assert starts(field_rules.check_dns_label(value), message)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a.b-c.1", None),
        ("a" * 254, "must be no more than 253 characters"),
        ("a..b", "must be a DNS name"),
        ("a.", "must be a DNS name"),
    ],
)
def test_dns_subdomains(value: str, message: str | None) -> None:
    assert starts(field_rules.check_dns_subdomain(value), message)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("app", None),
        ("app.kubernetes.io/name", None),
        ("A_b.c-1", None),
        ("/name", "prefix part must be"),
        ("a_b/name", "prefix part must be"),
        ("a/", "name part must be"),
        ("x" * 64, "name part must be"),
    ],
)
def test_label_keys(value: str, message: str | None) -> None:
    assert starts(field_rules.check_label_key(value), message)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("http", None),
        ("http-2", None),
        ("80", "must contain at least one letter"),
        ("a--b", "must contain only"),
        ("a" * 16, "must be no more than 15"),
    ],
)
def test_port_names(value: str, message: str | None) -> None:
    assert starts(field_rules.check_port_name(value), message)


@pytest.mark.parametrize(("port", "is_good"), [(0, False), (1, True), (65535, True), (65536, False)])
def test_port_numbers(port: int, is_good: bool) -> None:
    assert (field_rules.check_port_number(port) is None) is is_good


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("10.0.0.1", None),
        ("fd00::1", None),
        ("224.0.1.1", None),
        ("ff0e::1", None),
        ("0.0.0.0", "may not be unspecified (0.0.0.0)"),
        ("::", "may not be unspecified (::)"),
        ("127.1.2.3", "may not be in the loopback range"),
        ("::1", "may not be in the loopback range"),
        ("169.254.0.1", "may not be in the link-local range"),
        ("febf::1", "may not be in the link-local range"),
        ("224.0.0.251", "may not be in the link-local multicast range"),
        ("ff12::fb", "may not be in the link-local multicast range"),
    ],
)
def test_addresses_that_no_traffic_is_sent_to(address: str, message: str | None) -> None:
    assert starts(field_rules.check_not_special(ip_address(address)), message)
    assert starts(field_rules.check_endpoint_ip(address), message)


@pytest.mark.parametrize(
    "text", ["", "a", "10.0.0", "0256.0.0.1", "0x10.0.0.1", "fe80::1%eth0", "10.0.0.1/8"]
)
def test_text_that_is_no_address(text: str) -> None:
    assert field_rules.parse_address(text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("010.096.009.002", "10.96.9.2"),
        ("000.000.000.000", "0.0.0.0"),
        ("::ffff:010.9.2.12", "10.9.2.12"),
    ],
)
def test_octets_with_leading_zeros_are_decimal(text: str, address: str) -> None:
    assert field_rules.parse_address(text) == ip_address(address)


def test_networks() -> None:
    assert str(field_rules.parse_network("10.0.0.0/8")) == "10.0.0.0/8"
    assert field_rules.parse_network("10.0.0.0") is None
    assert field_rules.parse_network("10.0.0.1/8") is None


def test_errors_in_the_words_of_the_api_server() -> None:
    assert str(field_rules.invalid_value("a.b", "x", "no")) == 'a.b: Invalid value: "x": no'
    assert str(field_rules.required_value("a")) == "a: Required value"
    assert str(field_rules.duplicate_value("a[1]", 80)) == "a[1]: Duplicate value: 80"
    assert str(field_rules.forbidden_field("a", "not here")) == "a: Forbidden: not here"
    assert str(field_rules.unsupported_value("a", "x", {"UDP", "TCP"})) == (
        'a: Unsupported value: "x": supported values: "TCP", "UDP"'
    )


def test_only_the_first_check_that_fails_is_an_error() -> None:
    checks = (field_rules.check_dns_subdomain, field_rules.check_dns_label, field_rules.check_ip)
    (error,) = field_rules.run_checks("name", "a.b", *checks)

    assert "must be a DNS label" in str(error)
    assert [*field_rules.run_checks("name", "a", field_rules.check_dns_label)] == []


def starts(message: str | None, start: str | None) -> bool:
    """Whether the message begins so; None where there is none."""
    return message is None if start is None else message is not None and message.startswith(start)
