"""`svcdns top` asks a server over HTTP, and says what is wrong where that is not one of ours."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from svcdns.cli import top
from svcdns.value_types import Address
from tests import server
from tests.cli.conftest import Run


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """The page with its own path, or not found."""
        result = self.path.startswith("/debug/top?format=")
        self.send_response(200 if result else 404)
        self.end_headers()
        self.wfile.write(f"page {self.path}\n\n".encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield served.server_port
        served.shutdown()
        thread.join()


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_page(run: Run, port: int, output: str) -> None:
    result = run("top", "--server", f"127.0.0.1:{port}", "-o", output)
    assert result == (0, f"page /debug/top?format={output}\n", "")


def test_the_address_of_the_settings(
    run: Run, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "svcdns.yaml"
    settings.write_text(f"http: 0.0.0.0:{port}\n")
    assert run("top", "--config", str(settings)).out.startswith("page ")
    settings.write_text("")
    monkeypatch.setattr(top, "DEFAULT_SERVER", Address("127.0.0.1", port))

    assert run("top", "--config", str(settings)).out.startswith("page ")


def test_nobody_is_there(run: Run) -> None:
    port = server.free_port()
    result = run("top", "--server", f"127.0.0.1:{port}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"svcdns: 127.0.0.1:{port}: Connection refused; --server is the address of")


def test_a_server_of_another_kind(run: Run, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Handler, "do_GET", lambda self: self.send_error(404))
    result = run("top", "--server", f"127.0.0.1:{port}")
    assert result.code == 1 and "answers 404 Not Found; is it svcdns's --http?" in result.err


def test_a_wrong_address(run: Run) -> None:
    assert run("top", "--server", "here").code == 2
