"""`svcdns webhook`: the admission webhook, and the certificate that it needs."""

import asyncio
import datetime
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svcdns import logs
from svcdns.cli.help_format import Command, CommandGroup
from svcdns.cli.options import check_namespace, with_settings
from svcdns.config import object_source as origins
from svcdns.config.settings import PROCESS, SOURCE, WEBHOOK, Settings, part
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.manifests import field_rules
from svcdns.web.webhook.options import WebhookOptions

if TYPE_CHECKING:
    from svcdns import sources

EXAMPLES = """
svcdns webhook --listen 0.0.0.0:8443 --tls-cert tls.crt --tls-key tls.key --kubeconfig ~/.kube/config
svcdns webhook --tls-cert tls.crt --tls-key tls.key --ndots 2 --budget 32768
svcdns webhook certs | kubectl apply -f -        a certificate, and the objects that use it
svcdns webhook certs --apply                     renew it in the cluster if it is due
"""

CERTS_EXAMPLES = """
svcdns webhook certs | kubectl apply -f -
svcdns webhook certs -n shop-dns --service hook --out certs
svcdns webhook certs --apply --renew-before 60 --kubeconfig ~/.kube/config
"""

DEFAULT_NAMESPACE = "svcdns"
"""The namespace of the manifests in `deploy`."""

app = typer.Typer(cls=CommandGroup, invoke_without_command=True, epilog=EXAMPLES, rich_markup_mode=None)


@app.callback()
@with_settings(
    SOURCE,
    WEBHOOK,
    PROCESS,
    only=(*SOURCE.keys, *WEBHOOK.keys, "log_level", "log_format"),
)
def webhook(settings: Settings) -> int:
    """Add the variables of Services to new Pods that opt in.

    Pods and namespaces opt in with the label svcdns.io/inject: "true". Each option is also a key of
    the file (webhook_budget) and a variable (SVCDNS_WEBHOOK_BUDGET).
    """
    options = part(settings, WebhookOptions)
    _ = options.certificate  # raises, before the slow imports, if it is not given

    from svcdns.web.webhook.webhook_server import WebhookServer

    # Before the log is set up: an error in it is one line, as that of every command.
    source = _open_source(settings)
    logs.configure(settings.log_level, settings.log_format)
    server = WebhookServer(source, options, part(settings, InjectionOptions))
    asyncio.run(server.run())
    return 0


def _open_source(settings: Settings) -> "sources.ObjectSource":
    """Where the webhook takes Services and Namespaces from."""
    if origins.choose_source(settings) == "manifests":
        from svcdns.cli import inventory
        from svcdns.sources.manifests.manifest_source import ManifestSource

        return ManifestSource(inventory.open_manifests(settings))

    from svcdns.sources.apiserver.api_server_source import ApiServerSource
    from svcdns.web.webhook import webhook_state

    return ApiServerSource(settings.kubeconfig, settings.context, kinds=webhook_state.WATCHED_KINDS)


def _name_checker(find_fault: field_rules.FieldCheck) -> Callable[[str], str]:
    """The callback of an option that takes the name of an object."""

    def check_name(text: str) -> str:
        if fault := find_fault(text):
            raise typer.BadParameter(f"{text!r} is no name of a Kubernetes object: it {fault}")
        return text

    return check_name


WebhookNamespaceOption = Annotated[
    str,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="Namespace of the webhook. Default: the Pod's own, else svcdns.",
        show_default=False,
        callback=check_namespace,
    ),
]
ServiceOption = Annotated[
    str,
    typer.Option(metavar="NAME", help="Its Service.", callback=_name_checker(field_rules.check_dns_label)),
]
SecretOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Secret for the certificate.",
        callback=_name_checker(field_rules.check_dns_subdomain),
    ),
]
ConfigurationOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="MutatingWebhookConfiguration that trusts it.",
        callback=_name_checker(field_rules.check_dns_subdomain),
    ),
]
DaysOption = Annotated[
    int, typer.Option(min=1, max=3650, metavar="DAYS", help="How long a certificate is good.")
]
RenewBeforeOption = Annotated[
    int, typer.Option(min=0, max=3650, metavar="DAYS", help="How long before its end it is renewed.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Write files to this folder, instead of manifests to standard output.",
        show_default=False,
    ),
]


@app.command(cls=Command, epilog=CERTS_EXAMPLES)
@with_settings(SOURCE, only=("kubeconfig", "context"))
def certs(
    settings: Settings,
    namespace: WebhookNamespaceOption = "",
    service: ServiceOption = "svcdns-webhook",
    secret: SecretOption = "svcdns-webhook-tls",  # noqa: S107 - a name
    configuration: ConfigurationOption = "svcdns-webhook",
    days: DaysOption = 365,
    renew_before: RenewBeforeOption = 30,
    out: OutOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the Secret and the configuration in the cluster.")
    ] = False,
) -> int:
    """Make a CA and a serving certificate for the webhook, or renew them.

    With --out or --apply nothing happens while the certificate is good, except that --apply puts back a
    caBundle that somebody removed. A new CA is trusted beside the last one. The key of the CA is not stored.
    """
    if out and apply:
        raise typer.BadParameter("--apply changes the cluster; leave it out", param_hint="--out")
    if renew_before >= days:
        raise typer.BadParameter(
            "the certificate would be due at once; give less than --days", param_hint="--renew-before"
        )

    from svcdns.cli import webhook_certs
    from svcdns.web.webhook.certificate_renewal import CertificatePolicy
    from svcdns.web.webhook.webhook_manifests import WebhookObjectNames

    site = WebhookObjectNames(namespace or _pod_namespace(), service, secret, configuration)
    policy = CertificatePolicy(site.dns_names, days, renew_before)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)  # certificates have whole seconds

    restored: tuple[str, ...] = ()
    if apply:
        applied = webhook_certs.apply_certificate(settings, site, policy, now)
        outcome, restored = applied.renewal, applied.restored
    else:
        outcome = webhook_certs.write_certificate(out, site, policy, now)

    if outcome.reason:
        change = f"new, since {outcome.reason}"
    elif restored:
        webhooks = ", ".join(restored)
        change = (
            f"still good; its CA was put back into the caBundle of {webhooks} "
            f'(mutatingwebhookconfigurations "{configuration}"), which was missing or another one'
        )
    else:
        change = "still good, nothing was changed"
    print(
        f"svcdns: certificate for {site.dns_names[0]} until {outcome.expires_at:%Y-%m-%d}: {change}",
        file=sys.stderr,
    )
    return 0


def _pod_namespace() -> str:
    """The namespace of this Pod; outside a cluster, that of the manifests in `deploy`."""
    try:
        # The kubelet writes it beside the Pod's token.
        return (origins.SERVICE_ACCOUNT_FOLDER / "namespace").read_text().strip() or DEFAULT_NAMESPACE
    except OSError:
        return DEFAULT_NAMESPACE
