"""The options that the webhook gives a Pod's resolv.conf, and which of them do not go together."""

from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.pod_spec import DnsOption

TIMEOUT = DnsOption("timeout", "2")
EDNS0 = DnsOption("edns0")


def test_ndots_comes_first() -> None:
    options = InjectionOptions(ndots=2, dns_config=(TIMEOUT, EDNS0))
    assert [str(option) for option in options.dns] == ["ndots:2", "timeout:2", "edns0"]
    assert not list(options.conflicts())


def test_zero_leaves_ndots_as_it_is() -> None:
    assert InjectionOptions(dns_config=(TIMEOUT,)).dns == (TIMEOUT,)
    assert InjectionOptions().dns == ()


def test_ndots_may_be_one_of_the_options() -> None:
    options = InjectionOptions(dns_config=(DnsOption("ndots", "3"),))
    assert options.dns == (DnsOption("ndots", "3"),)
    assert not list(options.conflicts())


def test_ndots_twice_is_a_conflict() -> None:
    options = InjectionOptions(ndots=2, dns_config=(TIMEOUT, DnsOption("ndots", "2")))
    (conflict,) = options.conflicts()
    assert conflict.message == "ndots is set twice: set one of them"
    assert conflict.fields == ("ndots", "dns_config")
