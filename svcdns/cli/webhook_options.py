"""The settings of the webhook as its decisions take them, for the webhook itself and `svcdns env --check`."""

from svcdns.config.settings import Settings
from svcdns.kube.injection.admission import InjectionOptions
from svcdns.kube.injection.pod_spec import DnsOption


def admission_options(settings: Settings) -> InjectionOptions:
    """The budget of a container, and the options of resolv.conf."""
    dns = tuple(DnsOption(one.name, one.value) for one in settings.webhook_dns_options)
    return InjectionOptions(settings.webhook_budget, dns)
