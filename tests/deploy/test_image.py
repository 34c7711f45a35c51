"""The Dockerfile against the manifests and the command line; `make image-check` carries it out."""

import re

import pytest

from svcdns.cli import app
from svcdns.config.settings import Settings
from tests.deploy import dockerfile, manifests
from tests.deploy.dockerfile import ROOT, Stage
from tests.deploy.test_arguments import Started


@pytest.fixture
def image() -> Stage:
    """The last stage."""
    return dockerfile.read()[-1]


def test_stages(image: Stage) -> None:
    build, last = dockerfile.read()
    assert build.base == last.base
    assert re.fullmatch(r"python:3\.1[123]-slim", last.base)
    assert not any("pip" in step.text for step in last.steps if step.word == "RUN")


def test_what_is_copied_is_there() -> None:
    ignored, *excepted = (ROOT / ".dockerignore").read_text().splitlines()[1:]
    assert ignored == "*"
    for step in dockerfile.read()[0].steps:
        if step.word == "COPY":
            *sources, _ = step.text.split()
            for source in sources:
                assert (ROOT / source).exists()
                assert f"!{source}" in excepted


def test_user_and_folder_are_those_of_the_manifests(image: Stage) -> None:
    (deployment,) = manifests.read(manifests.DEPLOY / "base/deployment.yaml")
    pod = deployment["spec"]["template"]["spec"]
    context = pod["securityContext"]
    assert image.last("USER").text == f"{context['runAsUser']}:{context['runAsGroup']}"
    (container,) = pod["containers"]
    assert f"--state-dir={image.last('VOLUME').text}" in container["args"]
    assert f"SVCDNS_STATE_DIR={image.last('VOLUME').text}" in image.last("ENV").text
    ports = {f"{port['containerPort']}/{port['protocol'].lower()}" for port in container["ports"]}

    assert set(image.last("EXPOSE").text.split()) == ports


def test_the_command(image: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(settings: Settings) -> None:
        raise Started(settings)

    monkeypatch.setattr("svcdns.config.launch_builder.runtime_config", start)
    assert image.last("ENTRYPOINT").command == ["svcdns"]
    with pytest.raises(Started) as started:
        app.run_command_line([*image.last("CMD").command, "--manifests", str(manifests.DEPLOY / "examples")])

    settings: Settings = started.value.args[0]
    assert {at.address.port for at in settings.listen} == {53}
    (health,) = re.findall(r"http://127\.0\.0\.1:(\d+)/health'", image.last("HEALTHCHECK").text)

    assert {at.port for at in settings.http} == {int(health)}
