"""Tests mirror the package: `svcdns/dns/wire/names.py` has `tests/dns/wire/test_names.py`."""

from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "svcdns"
TESTS = Path(__file__).parents[1]

TESTED_ELSEWHERE: dict[str, str] = {
    "cli/options.py": "flags are tested through the commands: test_app, tests/deploy/test_arguments",
    "cli/serve.py": "the entry of a process: tests/serve",
    "cli/shadowed_settings.py": "what `svcdns check` finds: tests/cli/test_check",
    "config/corefile/cache_plugin.py": "its scenarios stand in plugins.txt, run by test_translator",
    "config/corefile/file_plugins.py": "its scenarios stand in plugins.txt, run by test_translator",
    "config/corefile/forward_plugin.py": "its scenarios stand in plugins.txt, run by test_translator",
    "config/corefile/kubernetes_plugin.py": "its scenarios stand in plugins.txt, run by test_translator",
    "config/corefile/plugin_table.py": "tables: test_translator reads them all",
    "config/corefile/server_block.py": "a block exists only within a translation: test_translator",
    "config/corefile/server_plugins.py": "its scenarios stand in plugins.txt, run by test_translator",
    "config/corefile/template_plugin.py": "its scenarios stand in plugins.txt, run by test_translator",
    "config/text_meanings.py": "a table: test_launch_builder and test_settings read every mark",
    "dns/answer/block_rules.py": "settings alone: test_query_rules and test_rewrite apply them",
    "cli/dns_client/reply_text.py": "pure data",
    "cluster/specification.py": "re-exports alone; every test of the cluster uses it",
    "forward/forward_events.py": "pure data",
    "http/socks_connector.py": "tests/sources/apiserver/login/test_transport asks through a SOCKS proxy",
    "http/aiohttp_server.py": "names of aiohttp, imported once for servers; tests/web uses them",
    "serve/watcher/watcher_process.py": (
        "process entry: run by tests/serve/test_serve.py, test_apiserver.py and tests/faults"
    ),
    "serve/worker/service.py": "protocols only; udp, tcp and worker are tested through them",
    "sources/apiserver/api_resources.py": "paths as data; the API server tests list every kind by them",
    "sources/apiserver/login/kubeconfig_fields.py": "types alone: test_kubeconfig_check uses each field",
    "sources/apiserver/options.py": "defaults as data; the reflector's and client's tests set them",
    "stats/overview.py": "fields alone; tests/web/status shows each of them",
    "stats/watcher_counters.py": (
        "fields alone; tests/serve/runtime/test_ipc sends them, "
        "tests/web/status/test_source_metrics shows them"
    ),
}
"""Modules without a test of their name, and the reason."""


def modules() -> list[str]:
    paths = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
    return sorted(str(path) for path in paths if path.name not in ("__init__.py", "__main__.py"))


@pytest.mark.parametrize("module", modules())
def test_a_module_has_a_test_of_its_name(module: str) -> None:
    path = Path(module)
    has_test = (TESTS / path.parent / f"test_{path.name}").exists()

    assert has_test != (module in TESTED_ELSEWHERE), (
        f"write tests/{path.parent}/test_{path.name}, or say in TESTED_ELSEWHERE what covers svcdns/{module}"
        if not has_test
        else f"svcdns/{module} has a test of its name now: take it out of TESTED_ELSEWHERE"
    )


def test_the_list_names_modules_that_exist() -> None:
    assert TESTED_ELSEWHERE.keys() <= set(modules())
