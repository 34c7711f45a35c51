"""Manifests as a whole: problems with their places, and what a changed file does to its objects."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from svcdns.errors import ManifestError
from svcdns.kube import objects, ready_endpoints
from svcdns.kube.manifests.manifest_objects import ManifestService, to_stored_object
from svcdns.sources.emptied import GRACE
from svcdns.sources.manifests import LoadedManifests, ManifestFileSet

ROOT = Path(__file__).parents[3]
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec:\n  ports:\n  - port: %s\n"
OUT_OF_RANGE = "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive"


def services(loaded: LoadedManifests | None) -> list[str]:
    assert loaded is not None
    return [name for _, name in loaded.objects["Service"]]


def problems(loaded: LoadedManifests | None, folder: Path) -> list[str]:
    assert loaded is not None
    return [str(problem).replace(f"{folder}/", "") for problem in loaded.problems]


def test_the_examples_have_no_problem_and_every_kind_of_service() -> None:
    loaded = ManifestFileSet([ROOT / "deploy" / "examples"]).load()
    assert loaded.problems == ()
    found = [
        service for service in loaded.objects["Service"].values() if isinstance(service, ManifestService)
    ]
    assert {service.spec.type for service in found} == {
        "ClusterIP",
        "NodePort",
        "LoadBalancer",
        "ExternalName",
    }
    assert any(service.is_headless for service in found)
    assert any(len(service.cluster_addresses) == 2 for service in found)
    assert ("kube-system", "kube-dns") in loaded.objects["Service"]
    assert any(not service.spec.selector and service.cluster_addresses for service in found)


def test_the_recorded_cluster_is_the_same_as_given() -> None:
    path = ROOT / "tests" / "conformance" / "cluster.json"
    loaded = ManifestFileSet([path]).load()
    assert loaded.problems == ()
    items = msgspec.json.decode(path.read_bytes())["items"]
    given = {kind: dict[objects.Key, objects.StoredObject]() for kind in objects.OBJECT_TYPES}
    for item in items:
        obj = objects.convert_object(item["kind"], item)
        given[item["kind"]][objects.key_of(obj)] = ready_endpoints.to_stored(obj)
    assert {
        kind: {key: to_stored_object(obj, False) for key, obj in found.items()}
        for kind, found in loaded.objects.items()
    } == given


def test_the_same_objects_from_yaml_json_lists_and_several_files(tmp_path: Path) -> None:
    import yaml

    items = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}}
        for name in "abc"
    ]
    several = {"apiVersion": "v1", "kind": "List", "items": items}
    typed = {
        "apiVersion": "v1",
        "kind": "ServiceList",
        "items": [{key: item[key] for key in ("metadata", "spec")} for item in items],
    }
    expected = None
    for name, text in {
        "all.yaml": yaml.safe_dump_all(items),
        "list.yaml": yaml.safe_dump(several),
        "list.json": msgspec.json.encode(several).decode(),
        "typed.json": msgspec.json.encode(typed).decode(),
    }.items():
        (tmp_path / name).write_text(text)
        loaded = ManifestFileSet([tmp_path / name]).load()
        assert problems(loaded, tmp_path) == []
        expected = expected or loaded.objects
        assert loaded.objects == expected
    for item in items:
        folder = tmp_path / "apart"
        folder.mkdir(exist_ok=True)
        (folder / f"{item['metadata']['name']}.json").write_bytes(msgspec.json.encode(item))  # type: ignore[index]
    assert ManifestFileSet([tmp_path / "apart"]).load().objects == expected


def test_a_bad_object_is_named_with_its_line_and_the_rest_is_served(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        SERVICE % ("good", 80) + "---\n" + SERVICE % ("bad", 70000) + "---\na: b: c\n"
    )
    (tmp_path / "b.json").write_text(
        '{"apiVersion": "v1",\n "kind": "List",\n "items": [\n {"apiVersion": "v1",\n "kind": "Service",\n'
        ' "metadata": {"name": "B"}, "spec": {"clusterIP":\n "None"}}]}'
    )
    (tmp_path / "c.json").write_text("{\n")
    (tmp_path / "d.yaml").write_text(
        "---\n---\n" + SERVICE % ("good", 81) + "---\napiVersion: apps/v1\nkind: Deployment\n"
    )
    loaded = ManifestFileSet([tmp_path]).load()
    assert services(loaded) == ["good"]
    assert (loaded.file_count, loaded.ignored_count) == (4, 1)
    assert problems(loaded, tmp_path) == [
        f"a.yaml:13: Service default/bad: {OUT_OF_RANGE}",
        "a.yaml:15: mapping values are not allowed in this context",
        'b.json:6: Service default/B: metadata.name: Invalid value: "B": must be a DNS label (RFC 1123): '
        "lower case letters, digits and '-', not at either end",
        "c.json:1: Input data was truncated",
        "d.yaml:5: Service default/good: metadata.name: Duplicate value: this object is declared already at "
        "a.yaml:1",
    ]


def test_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="nowhere: no such file or folder; expected YAML or JSON files"):
        ManifestFileSet([tmp_path / "nowhere"]).load()


def test_a_path_given_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80))
    loaded = ManifestFileSet([path, f"{tmp_path}/./a.yaml", tmp_path]).load()
    assert (services(loaded), loaded.problems, loaded.file_count) == (["a"], (), 1)


def test_identity_is_the_paths(tmp_path: Path) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    assert (
        ManifestFileSet([other, one]).identity
        == ManifestFileSet([str(one), str(other)]).identity
        == f"manifests:{one},{other}"
    )


def test_reload_reads_what_changed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SERVICE % ("a", 80))
    manifests = ManifestFileSet([tmp_path])
    assert services(manifests.load()) == ["a"]
    assert manifests.reload(1.0) is None
    (tmp_path / "b.yaml").write_text(SERVICE % ("b", 80))
    assert services(manifests.reload(2.0)) == ["a", "b"]
    (tmp_path / "a.yaml").unlink()
    assert services(manifests.reload(3.0)) == ["b"]
    (tmp_path / "b.yaml").write_text(SERVICE % ("c", 80))
    assert services(manifests.reload(4.0)) == ["c"]


def test_a_touched_file_is_read_though_it_looks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80))
    manifests = ManifestFileSet([path])
    manifests.load()
    found = path.stat()
    path.write_text(SERVICE % ("b", 80))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert services(manifests.reload(1.0, [str(path)])) == ["b"]
    assert manifests.reload(2.0, [str(path)]) is None


def test_a_file_that_no_longer_parses_keeps_its_last_good_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80) + "---\n" + SERVICE % ("b", 80) + "---\n" + SERVICE % ("c", 80))
    manifests = ManifestFileSet([path])
    manifests.load()
    path.write_text(SERVICE % ("a", 81) + "---\nb: {c\n---\n" + SERVICE % ("c", 70000))
    loaded = manifests.reload(1.0)
    assert services(loaded) == ["a", "b"]
    assert loaded
    assert "port=81" in str(loaded.objects["Service"]["default", "a"])
    assert problems(loaded, tmp_path) == [
        "a.yaml:9: while parsing a flow mapping, did not find expected ',' or '}'; "
        "its last good objects are kept",
        f"a.yaml:15: Service default/c: {OUT_OF_RANGE}",
    ]
    path.write_text(SERVICE % ("a", 81))
    loaded = manifests.reload(2.0)
    assert (services(loaded), problems(loaded, tmp_path)) == (["a"], [])


def test_an_emptied_file_is_being_written_until_it_stays_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80))
    manifests = ManifestFileSet([tmp_path])
    manifests.load()
    path.write_text("")
    assert manifests.reload(10.0) is None
    assert manifests.needs_polling
    path.write_text(SERVICE % ("b", 80))
    assert services(manifests.reload(11.0)) == ["b"]
    path.write_text("\n")
    assert manifests.reload(12.0) is None
    assert manifests.reload(12.0 + GRACE - 0.1) is None
    assert services(manifests.reload(12.0 + GRACE)) == []
    assert not manifests.needs_polling
    path.write_text("# only a comment\n")
    assert services(manifests.reload(20.0)) == []


def test_a_given_path_that_is_gone_keeps_its_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80))
    manifests = ManifestFileSet([path])
    manifests.load()
    path.unlink()
    loaded = manifests.reload(1.0)
    assert services(loaded) == ["a"]
    assert problems(loaded, tmp_path) == [
        "a.yaml: no such file or folder any more; its last objects are kept"
    ]
    path.write_text(SERVICE % ("a", 80))
    assert problems(manifests.reload(2.0), tmp_path) == []


def test_a_file_that_cannot_be_read_keeps_its_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from svcdns.sources.manifests import manifest_file

    monkeypatch.setattr(manifest_file, "MAX_FILE_BYTES", 1 << 20)
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE % ("a", 80))
    manifests = ManifestFileSet([tmp_path])
    manifests.load()
    path.write_text(SERVICE % ("a", 80) + "#" * (1 << 20))
    loaded = manifests.reload(1.0)
    assert services(loaded) == ["a"]
    assert problems(loaded, tmp_path) == [
        "a.yaml: cannot be read: it is larger than 1 MiB: divide it into several files;"
        " its last good objects are kept"
    ]
    path.write_text(SERVICE % ("b", 80))
    assert services(manifests.reload(2.0)) == ["b"]


def test_lines_of_objects_in_other_files(tmp_path: Path) -> None:
    """A conflict that arises from a new file is reported at the right line of the old one."""
    text = SERVICE + "  clusterIP: 10.96.0.7\n"
    (tmp_path / "old.yaml").write_text("# first\n" + text % ("b", 80))
    manifests = ManifestFileSet([tmp_path])
    manifests.load()
    (tmp_path / "zz.yaml").write_text(text % ("a", 80))
    assert [line.split(": ")[0] for line in problems(manifests.reload(1.0), tmp_path)] == ["old.yaml:8"]


def test_a_link_out_of_the_folder_is_not_quoted(tmp_path: Path) -> None:
    """Neither a text that is no YAML, nor values of objects."""
    (tmp_path / "m").mkdir()
    (tmp_path / "secret.yaml").write_text("password: [hunter2\n")
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hunter2!"}}
    (tmp_path / "object.json").write_text(json.dumps(service))
    for name in ("secret.yaml", "object.json"):
        (tmp_path / "m" / name).symlink_to(tmp_path / name)

    texts = [str(problem) for problem in ManifestFileSet([tmp_path / "m"]).load().problems]
    assert len(texts) == 2
    assert not any("hunter2" in text for text in texts)
    texts = [str(problem) for problem in ManifestFileSet([tmp_path]).load().problems]
    assert any("hunter2" in text for text in texts)
