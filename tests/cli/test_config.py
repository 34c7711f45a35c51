"""`svcdns config show`: what it prints is a file that gives the same settings, with where each comes from."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svcdns.config import loader
from svcdns.config.settings import Settings
from tests.cli.conftest import Run
from tests.config.corefile import test_translator

COREFILE = """.:53 {
    kubernetes cluster.local in-addr.arpa {
        pods verified
        fallthrough in-addr.arpa
        autopath
    }
    forward . 192.0.2.1 /etc/resolv.conf
    cache 30
    errors
    hosts {
        192.0.2.7 db.example
        fallthrough
    }
}
example.org {
    forward . [2001:db8::1]:53
    cache 30
}
"""


@pytest.fixture(autouse=True)
def in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(file: str) -> dict[str, object]:
    result = dict(loader.load_settings({"config": file}))
    del result["config"]
    return result


def test_each_setting_has_its_origin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCDNS_LOG_LEVEL", "debug")
    Path("Corefile").write_text(COREFILE)
    Path("svcdns.yaml").write_text("# ours\ncorefile: Corefile\nlabels: app=x\nnamespaces: [a, b]\n")
    result = run("config", "show", "--config", "svcdns.yaml", "--ttl", "7")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    for expected in (
        "ttl: 7  # --ttl",
        "log_level: debug  # SVCDNS_LOG_LEVEL",
        "labels: app=x  # svcdns.yaml:3",
        "- a  # svcdns.yaml:4",
        "pods: verified  # Corefile:3",
        "- cluster.local  # Corefile:2",
        "- 192.0.2.1:53  # Corefile:7",
        "- example.org=[2001:db8::1]:53  # Corefile:16",
        "- 192.0.2.7 db.example  # Corefile:11",
        "hosts_ttl: 3600  # Corefile:10, a default of CoreDNS",
        "# negative_ttl: 7",
        "# kubeconfig:",
    ):
        assert expected in lines, expected


def test_defaults_are_comments(run: Run) -> None:
    result = run("config", "show")
    assert result.code == 0
    lines = [line for line in result.out.splitlines() if line and not line.startswith("# ")]
    assert lines == []
    missing = [name for name in Settings.model_fields if f"# {name}:" not in result.out and name != "config"]

    assert missing == []


@pytest.mark.parametrize(
    "text",
    [
        COREFILE,
        *(case.values[0] for case in test_translator.scenarios("whole.txt") if "error:" not in str(case)),
    ],
)
def test_what_is_printed_gives_the_same_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("UPSTREAM", "192.0.2.9")
    Path("Corefile").write_text(text)
    Path("shown.yaml").write_text(run("config", "show", "--config", "Corefile").out)
    assert loaded("shown.yaml") == loaded("Corefile")


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
NASTY = st.sampled_from(
    ["no", "1e3", "[a", "a: b", "# x", "'", '"', "- a", "~x", "\x85", "\u2028", "\x7f", "é", "a\nb"]
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS | NASTY)
def test_any_path_and_context_is_printed_so_that_it_is_read_again(run: Run, text: str) -> None:
    given_flags = ("--kubeconfig", f"/{text}", "--context", text, "--hosts", f"/{text.replace(',', '')}")
    shown = run("config", "show", *given_flags)
    assert shown.code == 0
    Path("shown.yaml").write_text(shown.out)
    result = loaded("shown.yaml")

    assert (str(result["kubeconfig"]), result["context"]) == (str(Path(f"/{text}")), text)


def test_a_wrong_setting_ends_with_2(run: Run) -> None:
    Path("Corefile").write_text(".:53 {\n import x\n}\n")
    message = "svcdns: Corefile:2: x: cannot be read: No such file or directory\n"
    assert run("config", "show", "--config", "Corefile") == (2, "", message)


def test_check_names_the_lines_that_do_not_become_settings(run: Run) -> None:
    Path("own.hosts").write_text("192.0.2.8 web.example\n")
    Path("Corefile").write_text(
        COREFILE.replace("/etc/resolv.conf", "")
        .replace("hosts {", "hosts own.hosts {")
        .replace("errors", "debug")
    )
    result = run("check", "--config", "Corefile")
    assert (result.code, result.out.splitlines()) == (
        1,
        [
            "Corefile:9: note: debug: --log-level debug logs more",
            "Corefile:5: autopath: not supported: left out",
            "1 problem in 2 files; 2 lines of hosts files would be served.",
        ],
    )


def test_check_is_content_with_a_corefile_that_comes_to_the_same(run: Run) -> None:
    Path("Corefile").write_text(str(test_translator.scenarios("whole.txt")[0].values[0]))
    result = run("check", "--config", "Corefile", "--forward", "192.0.2.1")
    assert result == (0, "0 problems in 1 file.\n", "")


def test_config_alone_is_help(run: Run) -> None:
    result = run("config")
    assert "show" in result.out + result.err
