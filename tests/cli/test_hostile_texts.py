"""Whatever stands in objects, files and replies: no command writes anything that acts on a terminal."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import dns.message
import dns.rrset
import pytest
import yaml

from tests.cli import dnsserver, test_top
from tests.cli.conftest import Result, Run

HOSTILE = "x\x1b[2J\x9b31m\u202e\u2028\u0007y"
"""ESC and CSI, a change of direction, a line end of Unicode, a bell."""
FORGED = f"{HOSTILE}\nforged: line"


def service(name: str, text: str, **spec: Any) -> dict[str, Any]:
    """A Service with this text wherever there may be one."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {text: text},
            "annotations": {text: text},
            "creationTimestamp": text,
        },
        "spec": {
            "type": "ClusterIP",
            "selector": {text: text},
            "ports": [{"name": "http", "port": 80, "targetPort": text}],
            "externalIPs": [text],
            "sessionAffinity": text,
            **spec,
        },
        "status": {"loadBalancer": {"ingress": [{"hostname": text, "ipMode": text}]}},
    }


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    """Objects with such texts; some are served, others are refused. The file's name has them, too."""
    served = service("web", "http")
    served["metadata"]["annotations"] = {"text": FORGED}
    served["spec"].update(externalIPs=[], sessionAffinity="None")
    served["status"]["loadBalancer"] = {}
    documents = [
        served,
        service("wrong", FORGED),
        service("old", HOSTILE, type="ExternalName", externalName=HOSTILE),
        service("bad", HOSTILE, type=FORGED),
        service(HOSTILE, HOSTILE),
        service(FORGED, FORGED),
        {"apiVersion": HOSTILE, "kind": FORGED, "metadata": {"name": FORGED}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": FORGED}},
    ]
    file = tmp_path / f"{HOSTILE}.yaml"
    file.write_text("---\n".join(yaml.safe_dump(document) for document in documents))
    return str(file)


COMMANDS = [
    ("check",),
    ("services", "-A"),
    ("services", "-A", "-o", "wide"),
    ("services", "-A", "-o", "json"),
    ("services", "-A", "-o", "yaml"),
    ("services", "describe", "web", "-n", "shop"),
    ("services", "describe", "old", "-n", "shop"),
    ("services", "describe", FORGED, "-n", "shop"),
    ("env", "-n", "shop"),
    ("env", "-n", "shop", "--format", "json"),
    ("env", "-n", "shop", "--format", "yaml"),
    ("env", "-n", "shop", "--service", FORGED),
    ("config", "show"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:4]).split("x\x1b")[0])
def test_commands(run: Run, manifests: str, command: tuple[str, ...]) -> None:
    flag = () if command[0] == "check" else ("--manifests",)
    is_safe(run(*command, *flag, manifests))


def is_safe(result: Result) -> None:
    assert result.out or result.err
    for line in f"{result.out}\n{result.err}".split("\n"):
        assert line.replace("\t", "").isprintable(), ascii(line)
        assert not line.startswith("forged")


def test_whole_objects_keep_their_meaning(run: Run, manifests: str) -> None:
    printed = [
        json.loads(run("services", "-A", "-o", "json", "--manifests", manifests).out),
        yaml.safe_load(run("services", "-A", "-o", "yaml", "--manifests", manifests).out),
    ]
    for document in printed:
        assert [item["metadata"]["annotations"]["text"] for item in document["items"]] == [FORGED]


def test_other_files(run: Run, tmp_path: Path) -> None:
    """Of settings, a Corefile, zones and hosts; in their content and in their names."""
    texts = {
        "svcdns.yaml": yaml.safe_dump({HOSTILE: 1, "zone": HOSTILE, "hosts": [HOSTILE]}),
        "Corefile": f".:53 {{\n  {HOSTILE} {HOSTILE}\n  forward . {HOSTILE}\n}}\n",
        "a.zone": f"$ORIGIN example.\n@ SOA a b 1 2 3 4 5\n@ NS {HOSTILE}\n{HOSTILE} {HOSTILE}\n",
        "hosts": f"192.0.2.1 {HOSTILE}\n{HOSTILE} name\n",
    }
    folder = tmp_path / HOSTILE
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
    for flags in (
        ("--config", "svcdns.yaml"),
        ("--config", "Corefile"),
        ("--zonefiles", "a.zone", "--hosts", "hosts"),
        ("--zonefiles", "none", "--hosts", "none"),
        ("--config", "none"),
    ):
        words = [flag if flag.startswith("--") else str(folder / flag) for flag in flags]
        is_safe(run("check", *words))
    is_safe(run("config", "show", "--zonefiles", str(folder)))


def test_a_reply(run: Run) -> None:
    """Names and data of any bytes."""

    def answer(query: bytes) -> list[bytes]:
        reply = dns.message.make_response(dns.message.from_wire(query))
        name = reply.question[0].name
        reply.answer = [
            dns.rrset.from_text(name, 1, "IN", "CNAME", r"\027[2J\155\010x.example."),
            dns.rrset.from_text(name, 1, "IN", "TXT", r'"\027[2J" "\010" "\226\128\174"'),
            dns.rrset.from_text(name, 1, "IN", "NAPTR", r'1 1 "\027" "\010" "\155" \027.example.'),
            dns.rrset.from_text(name, 1, "IN", "CAA", r'0 issue "\027[2J\010"'),
            dns.rrset.from_text(name, 1, "IN", "URI", r'1 1 "\027[2J\010"'),
            dns.rrset.from_text(name, 1, "IN", "SVCB", r'1 \027.example. alpn="\027,\010" key99="\027"'),
        ]
        return [reply.to_wire()]

    for words in ((), ("--short",), ("--from", "shop")):
        with dnsserver.serving(answer) as server:
            is_safe(run("lookup", "web.example.", "TXT", "--server", str(server.address), *words))


class _Page(test_top._Handler):
    def do_GET(self) -> None:  # noqa: N802 - the base's name
        """A page of another program; `send_response` takes the reason as it is."""
        self.send_response(200 if self.path.endswith("json") else 500, "\x1b[2J")
        self.end_headers()
        self.wfile.write(f'["{HOSTILE}"]'.encode())


@pytest.fixture
def page() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Page) as served:
        thread = Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield served.server_port
        served.shutdown()
        thread.join()


def test_pages_of_another_server(run: Run, page: int) -> None:
    for output in ("text", "json"):
        is_safe(run("top", "--server", f"127.0.0.1:{page}", "-o", output))


@pytest.mark.parametrize("output_format", ["shell", "docker"])
def test_values_are_exact_for_a_shell_and_safe_on_a_terminal(tmp_path: Path, output_format: str) -> None:
    script = (
        "from svcdns.cli import env_sources, env\n"
        "from svcdns.cli.env_formats import EnvFormat\n"
        "import sys\n"
        "from types import SimpleNamespace as N\n"
        "env.env_sources = N(request_for_namespace=lambda *_: None, read_sources=lambda _: N(warnings=(), "
        "namespaces=None), variables_of_namespace=lambda *_: N(variables=[N(name='A', value='\\x1b[2J')], "
        "warnings=()))\n"
        "env.inventory = N(load_services=lambda *_: None)\n"
        "env._print_variables(None, 'shop', (), EnvFormat(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", script, output_format]
    assert b"\x1b[2J" in subprocess.run(command, capture_output=True, check=True).stdout

    leader, terminal = pty.openpty()
    try:
        subprocess.run(command, stdout=terminal, check=True)
        shown = os.read(leader, 4096)
    finally:
        os.close(leader)
        os.close(terminal)
    assert b"\x1b" not in shown and rb"\x1b[2J" in shown
