"""Each container's arguments against the real command line, with its files as the Pod has them."""

from pathlib import Path
from typing import Any

import pytest

from svcdns.cli import app
from svcdns.config.settings import Settings
from tests.deploy import manifests
from tests.deploy.manifests import Object, build, named, templates

COREFILE = Path(__file__).with_name("Corefile")
"""As kubeadm writes it."""
HOST_IP = "192.0.2.7"


class Started(Exception):  # noqa: N818 - it is no error
    """What would have run, with its settings."""


def mount(objects: list[Object], template: Object, folder: Path) -> dict[str, Path]:
    """Make every volume below the folder; the paths by mount path."""
    volumes = {entry["name"]: entry for entry in template["spec"].get("volumes", ())}
    result = {}
    for container in template["spec"]["containers"]:
        for entry in container.get("volumeMounts", ()):
            path = result[entry["mountPath"]] = folder / entry["name"]
            path.mkdir()
            for name, text in content(objects, volumes[entry["name"]]).items():
                (path / name).write_text(text)

    return result


def content(objects: list[Object], volume: Object) -> dict[str, str]:
    if source := volume.get("configMap"):
        if source.get("optional"):
            return {}
        coredns = {"Corefile": COREFILE.read_text()}
        data = coredns if source["name"] == "coredns" else named(objects, "ConfigMap", source["name"])["data"]
        items = source.get("items") or [{"key": key, "path": key} for key in data]
        return {item["path"]: data[item["key"]] for item in items}

    if source := volume.get("secret"):
        return {item["path"]: "" for item in source["items"]}

    return {}


def settings_of(
    monkeypatch: pytest.MonkeyPatch, objects: list[Object], template: Object, folder: Path
) -> tuple[Settings, list[str]]:
    """What the command line makes of a Pod's arguments, in place of serving."""

    def start(settings: Settings, *_: object) -> None:
        raise Started(settings)

    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setattr("svcdns.config.launch_builder.choose_source", lambda _: "service account")
    monkeypatch.setattr("svcdns.config.launch_builder.runtime_config", start)
    monkeypatch.setattr("svcdns.cli.webhook._open_source", start)
    paths = mount(objects, template, folder)
    (container,) = template["spec"]["containers"]
    arguments = []
    for argument in container["args"]:
        for inside, outside in sorted(paths.items(), reverse=True):
            argument = argument.replace(f"={inside}", f"={outside}")
        arguments.append(argument.replace("$(HOST_IP)", HOST_IP))

    with pytest.raises(Started) as started:
        app.run_command_line(arguments)

    return started.value.args[0], arguments


@pytest.mark.parametrize("name", manifests.SERVERS)
def test_servers(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    objects = build(name)
    ((_, template),) = templates(objects)
    settings, arguments = settings_of(monkeypatch, objects, template, tmp_path)
    (container,) = template["spec"]["containers"]
    ports: Any = {(port["containerPort"], port["protocol"]) for port in container["ports"]}
    listening = {at.address.port for at in settings.listen}
    assert {(port, kind) for port in listening for kind in ("UDP", "TCP")} <= ports
    http = {at.port for at in settings.http}

    assert {port for port, _ in ports} - listening <= http
    assert settings.state_dir == tmp_path / "state"
    assert settings.forward, "names outside the cluster"
    assert template["spec"]["terminationGracePeriodSeconds"] >= settings.lameduck + 10
    assert any(argument.startswith(f"--config={tmp_path}/config/") for argument in arguments)


def test_low_ports_may_be_bound() -> None:
    """By everyone, or by root with the one capability."""
    for name in manifests.SERVERS:
        ((_, template),) = templates(build(name))
        (container,) = template["spec"]["containers"]
        sysctls = template["spec"]["securityContext"].get("sysctls", ())
        start = {entry["name"]: int(entry["value"]) for entry in sysctls}.get(
            "net.ipv4.ip_unprivileged_port_start"
        )
        added = container["securityContext"]["capabilities"].get("add", ())
        assert (start == 53) != ("NET_BIND_SERVICE" in added)


def test_the_webhook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    objects = build("overlays/webhook")
    deployment = named(objects, "Deployment", "svcdns-webhook")
    template = deployment["spec"]["template"]
    settings, _ = settings_of(monkeypatch, objects, template, tmp_path)
    (port,) = template["spec"]["containers"][0]["ports"]

    assert {at.port for at in settings.webhook_listen} == {port["containerPort"]}
    assert settings.webhook_tls_cert == tmp_path / "tls/tls.crt"
    assert settings.webhook_tls_key == tmp_path / "tls/tls.key"
