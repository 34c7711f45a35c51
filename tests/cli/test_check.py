"""`svcdns check`: problems with file and line, and its exit codes."""

GOOD = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}\n"
BAD = "# two\n\n{apiVersion: v1, kind: Service, metadata: {name: Web}, spec: {ports: [{port: 80}]}}\n"


def test_nothing_wrong(run, tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("")
    assert run("check", str(tmp_path)) == (0, "0 problems in 2 files; 1 Service would be served.\n", "")


def test_a_problem_ends_with_1(run, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD + "---\n" + BAD)
    found = run("check", str(path))
    problem, summary = found.out.splitlines()
    assert found.code == 1
    assert problem.startswith(f"{path}:5: Service default/Web: metadata.name: Invalid value: ")
    assert summary == "1 problem in 1 file; 1 Service would be served."


def test_manifests_of_the_configuration_are_checked(run, tmp_path):
    (tmp_path / "bad.yaml").write_text(BAD)
    config = tmp_path / "svcdns.yaml"
    config.write_text(f"manifests: [{tmp_path}/bad.yaml]\nttl: 5\n")
    assert run("check", "--config", str(config)).code == 1


def test_a_wrong_setting_ends_with_2(run, tmp_path):
    config = tmp_path / "svcdns.yaml"
    config.write_text("ttl: 30\nzones: cluster.local\n")
    said = f"svcdns: {config}:2: zones: unknown key; did you mean zone?\n"
    assert run("check", "--config", str(config)) == (2, "", said)


def test_settings_alone(run):
    assert run("check") == (0, "The settings are right; there are no manifests to check.\n", "")
    assert run("check", "--kubeconfig", "x").code == 0
