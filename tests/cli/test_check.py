"""`svcdns check`: problems with file and line, and its exit codes."""

from pathlib import Path

from tests.certificates import make_certificate
from tests.cli.conftest import Run
from tests.sources.apiserver.login.kubeconfigs import write_kubeconfig

GOOD = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}\n"
BAD = "# two\n\n{apiVersion: v1, kind: Service, metadata: {name: Web}, spec: {ports: [{port: 80}]}}\n"


def test_nothing_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("")
    assert run("check", str(tmp_path)) == (0, "0 problems in 2 files; 1 Service would be served.\n", "")


def test_a_problem_ends_with_1(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD + "---\n" + BAD)
    result = run("check", str(path))
    problem, summary = result.out.splitlines()

    assert result.code == 1
    assert problem.startswith(f"{path}:5: Service default/Web: metadata.name: Invalid value: ")
    assert summary == "1 problem in 1 file; 1 Service would be served."


def test_manifests_of_the_configuration_are_checked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    config = tmp_path / "svcdns.yaml"
    config.write_text(f"manifests: [{tmp_path}/bad.yaml]\nttl: 5\n")
    assert run("check", "--config", str(config)).code == 1


def test_a_wrong_setting_ends_with_2(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "svcdns.yaml"
    config.write_text("ttl: 30\nzones: cluster.local\n")
    message = f"svcdns: {config}:2: zones: unknown key; did you mean zone?\n"
    assert run("check", "--config", str(config)) == (2, "", message)


def test_settings_alone(run: Run) -> None:
    assert run("check") == (0, "The settings are right; there are no files to check.\n", "")
    assert run("check", "--forward", "192.0.2.1").code == 0


def test_a_kubeconfig_is_checked(run: Run, tmp_path: Path) -> None:
    plugin = {"command": "sh", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    path = write_kubeconfig(tmp_path, user={"token": "t"})
    assert run("check", "--kubeconfig", str(path)) == (0, "0 problems in 1 file.\n", "")

    path = write_kubeconfig(tmp_path, {"proxy-url": "squid:3128"}, {"token": "t", "exec": plugin})
    result = run("check", "--kubeconfig", str(path))
    assert (result.code, result.out.splitlines()) == (
        1,
        [
            f"kubeconfig {path}: cluster 'c': proxy-url: 'squid:3128' is no proxy: "
            "write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT",
            f"kubeconfig {path}: user 'u': exec is not run, since the user has credentials of its own: "
            "remove either",
            "2 problems in 1 file.",
        ],
    )
    missing = run("check", "--kubeconfig", str(tmp_path / "none"))
    assert (missing.code, missing.out.splitlines()[0]) == (
        1,
        f"kubeconfig {tmp_path / 'none'} cannot be read: No such file or directory",
    )


def test_the_files_of_names_outside_the_cluster_are_checked(run: Run, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.1 web\nbogus\n")
    (tmp_path / "resolv.conf").write_text("nameserver here\n")
    (tmp_path / "ca.pem").write_text("none")
    (tmp_path / "cookies").write_text("# today's\nsecret\n")
    zone = tmp_path / "example.org.zone"
    zone.write_text(
        "@ 60 IN SOA ns.example.net. h 1 2 3 4 5\n@ 60 IN NS ns.example.net.\nwww 60 IN A 1.2.3\n"
    )
    result = run(
        "check",
        *("--hosts", str(hosts), "--zonefiles", str(zone), "--forward", str(tmp_path / "resolv.conf")),
        *("--forward", "corp=192.0.2.1", "--forward-ca", str(tmp_path / "ca.pem")),
        *("--cookie-secret-file", str(tmp_path / "cookies")),
    )
    lines = result.out.splitlines()

    assert result.code == 1
    assert lines[0].startswith(f"{zone}:3: ")
    assert f"{hosts}:2: 'bogus' is no IP address: a line is an address, then its names" in lines
    assert f"{tmp_path}/resolv.conf:1: nameserver 'here' is no IP address" in lines
    assert any(line.startswith(f"{tmp_path}/ca.pem is no file of certificates (PEM): ") for line in lines)
    assert any(line.startswith(f"{tmp_path}/cookies holds no cookie secrets: line 2: ") for line in lines)
    assert " problems in 5 files; 0 zones, 1 line of hosts files would be served." in lines[-1]


def test_good_cookie_secrets_are_no_problem(run: Run, tmp_path: Path) -> None:
    secrets = tmp_path / "cookies"
    secrets.write_text("00" * 16)
    result = run("check", "--cookie-secret-file", str(secrets))
    assert (result.code, result.out.strip()) == (0, "0 problems in 1 file.")


def test_the_certificate_of_a_listener_is_checked_with_its_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    chain, key = make_certificate(tmp_path)
    _, other_key = make_certificate(tmp_path / "other")
    right = run("check", "--tls-cert", str(chain), "--tls-key", str(key))
    assert (right.code, right.out.strip()) == (0, "0 problems in 2 files.")

    for wrong_key in (other_key, tmp_path / "none"):
        wrong = run("check", "--tls-cert", str(chain), "--tls-key", str(wrong_key))
        assert wrong.code == 1
        assert wrong.out.startswith(f"{chain} and {wrong_key} are no certificate with its key (PEM): ")


def test_a_file_that_is_missing_is_a_problem_beside_others(run: Run, tmp_path: Path) -> None:
    none = tmp_path / "none"
    result = run("check", "--hosts", str(none), "--zonefiles", str(none), "--forward", str(none))
    assert result.code == 1
    assert [line.partition(": ")[0] for line in result.out.splitlines()[:3]] == [str(none)] * 3
    assert "3 problems in 3 files; 0 zones, 0 lines of hosts files would be served." in result.out


APEX = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"


def test_settings_that_never_count(run: Run, tmp_path: Path) -> None:
    (tmp_path / "corp.zone").write_text(APEX + "lab NS ns\n")
    (tmp_path / "x.svc.cluster.local.zone").write_text(APEX)
    forward = (
        "corp=192.0.2.1",
        "x.corp=192.0.2.1",
        "lab.corp=192.0.2.1",
        "y.corp=none",
        "a.alt=192.0.2.1",
    )
    rules = ("suffix a b", "exact x.a c", "exact y c")
    result = run(
        "check",
        *("--zonefiles", str(tmp_path)),
        *(word for suffix in forward for word in ("--forward", suffix)),
        *(word for rule in rules for word in ("--rewrite", rule)),
    )
    hidden = f"is never asked: corp. is answered here ({tmp_path}/corp.zone)"
    assert (result.code, result.out.splitlines()) == (
        1,
        [
            f"{tmp_path}/x.svc.cluster.local.zone: x.svc.cluster.local.: not served, "
            "for cluster.local. is a zone of the cluster",
            f"forward: 'corp=192.0.2.1:53' {hidden}",
            f"forward: 'x.corp=192.0.2.1:53' {hidden}",
            "forward: 'a.alt=192.0.2.1:53' is never asked: alt. is answered here (a special-use name)",
            "rewrite: 'exact x.a c' never counts: 'suffix a b' stands before it",
            "5 problems in 2 files; 1 zone would be served.",
        ],
    )
    result = run("check", "--rewrite", "exact a b", "--rewrite", "exact a c")

    assert (result.code, result.out.splitlines()[-1]) == (1, "1 problem in the settings.")
