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
svcdns webhook certs --apply                     renew it in the cluster where it is due
"""

CERTS_EXAMPLES = """
svcdns webhook certs | kubectl apply -f -
svcdns webhook certs -n shop-dns --service hook --out certs
svcdns webhook certs --apply --renew-before 60 --kubeconfig ~/.kube/config
"""

DEFAULT_NAMESPACE = "svcdns"

app = typer.Typer(cls=CommandGroup, invoke_without_command=True, epilog=EXAMPLES, rich_markup_mode=None)


@app.callback()
@with_settings(
    SOURCE,
    WEBHOOK,
    PROCESS,
    only=(*SOURCE.keys, *WEBHOOK.keys, "log_level", "log_format"),
)
def webhook(settings: Settings) -> int:
    """Give the Pods that opt in the variables of their Services, as they are made.

    For Pods or namespaces with the label svcdns.io/inject: "true". Each option is also a key of the
    file (webhook_budget) and a variable (SVCDNS_WEBHOOK_BUDGET).
    """
    options = part(settings, WebhookOptions)
    _ = options.certificate  # that it is not given is said first
    from svcdns.web.webhook.webhook_server import WebhookServer

    source = _open_source(settings)
    logs.configure(settings.log_level, settings.log_format)
    server = WebhookServer(source, options, part(settings, InjectionOptions))
    asyncio.run(server.run())
    return 0


def _open_source(settings: Settings) -> "sources.ObjectSource":
    if origins.choose_source(settings) == "manifests":
        from svcdns.cli import inventory
        from svcdns.sources.manifests.manifest_source import ManifestSource

        return ManifestSource(inventory.open_manifests(settings))
    from svcdns.sources.apiserver.api_server_source import ApiServerSource
    from svcdns.web.webhook import webhook_state

    return ApiServerSource(settings.kubeconfig, settings.context, kinds=webhook_state.WATCHED_KINDS)


def _name_checker(find_fault: field_rules.FieldCheck) -> Callable[[str], str]:
    """The callback of an option that takes the name of an object."""

    def checked(text: str) -> str:
        if wrong := find_fault(text):
            raise typer.BadParameter(f"{text!r} is no name of a Kubernetes object: it {wrong}")
        return text

    return checked


@app.command(cls=Command, epilog=CERTS_EXAMPLES)
@with_settings(SOURCE, only=("kubeconfig", "context"))
def certs(
    settings: Settings,
    namespace: Annotated[
        str,
        typer.Option(
            "--namespace",
            "-n",
            metavar="NAME",
            help="Namespace of the webhook. Default: the Pod's own, else svcdns.",
            show_default=False,
            callback=check_namespace,
        ),
    ] = "",
    service: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Its Service.", callback=_name_checker(field_rules.check_dns_label)
        ),
    ] = "svcdns-webhook",
    secret: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Secret for the certificate.",
            callback=_name_checker(field_rules.check_dns_subdomain),
        ),
    ] = "svcdns-webhook-tls",  # noqa: S107 - a name
    configuration: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="MutatingWebhookConfiguration that trusts it.",
            callback=_name_checker(field_rules.check_dns_subdomain),
        ),
    ] = "svcdns-webhook",
    days: Annotated[
        int, typer.Option(min=1, max=3650, metavar="DAYS", help="How long a certificate is good.")
    ] = 365,
    renew_before: Annotated[
        int, typer.Option(min=0, max=3650, metavar="DAYS", help="How long before its end it is made anew.")
    ] = 30,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write files there, instead of manifests to standard output.",
            show_default=False,
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the Secret and the configuration in the cluster.")
    ] = False,
) -> int:
    """Make a CA and a serving certificate for the webhook, or renew them.

    With --out or --apply nothing is done while the last one is good; a new one is trusted beside
    the last CA. The key of the CA is not kept.
    """
    if out and apply:
        raise typer.BadParameter("--apply changes the cluster; leave it out", param_hint="--out")
    if renew_before >= days:
        raise typer.BadParameter("it would be due at once: less than --days", param_hint="--renew-before")
    from svcdns.cli import webhook_certs
    from svcdns.web.webhook.certificate_renewal import CertificatePolicy
    from svcdns.web.webhook.webhook_manifests import WebhookObjectNames

    site = WebhookObjectNames(namespace or _pod_namespace(), service, secret, configuration)
    wanted = CertificatePolicy(site.dns_names, days, renew_before)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    if apply:
        outcome = webhook_certs.apply_certificate(settings, site, wanted, now)
    else:
        outcome = webhook_certs.write_certificate(out, site, wanted, now)
    what = f"new, since {outcome.reason}" if outcome.reason else "good, so nothing is done"
    print(
        f"svcdns: certificate for {site.dns_names[0]} until {outcome.expires_at:%Y-%m-%d}: {what}",
        file=sys.stderr,
    )
    return 0


def _pod_namespace() -> str:
    """Where this Pod runs, if it is one."""
    try:
        return (origins.SERVICE_ACCOUNT_FOLDER / "namespace").read_text().strip() or DEFAULT_NAMESPACE
    except OSError:
        return DEFAULT_NAMESPACE
