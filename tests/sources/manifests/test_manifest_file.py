"""One manifest over time: its last good objects, and the lines of its values."""

from pathlib import Path

from svcdns.sources import filesystem
from svcdns.sources.manifests.manifest_file import ManifestFile

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec:\n  ports:\n  - port: 80\n"


def update(file: ManifestFile, now: float) -> bool:
    return file.update(filesystem.read_signature(file.path), now, is_reported=True)


def names(file: ManifestFile) -> list[str]:
    return [declared.identity.name for declared in file.parsed.declared_objects]


def test_a_syntax_error_keeps_the_objects_behind_it(tmp_path: Path) -> None:
    file = ManifestFile(tmp_path / "a.yaml")
    file.path.write_text(SERVICE % "a" + "---\n" + SERVICE % "b")
    assert update(file, 0.0)
    assert names(file) == ["a", "b"]

    file.path.write_text(SERVICE % "a" + "---\nb: {c\n")
    assert update(file, 1.0)
    assert names(file) == ["a", "b"]
    (problem,) = file.iter_problems()
    assert problem.message.endswith("; its last good objects are kept")


def test_lines_are_those_of_the_bytes_that_were_parsed(tmp_path: Path) -> None:
    file = ManifestFile(tmp_path / "a.yaml")
    file.path.write_text(SERVICE % "a")
    update(file, 0.0)
    port = (0, ("spec", "ports", 0, "port"))
    name = (0, ("metadata", "name"))
    assert file.find_lines([port]) == {port: 6}

    file.path.write_text("# moved\n" + SERVICE % "a")
    assert file.find_lines([port]) == {port: 6}, "it is remembered"
    assert file.find_lines([name]) == {}, "the file has changed since"
    assert update(file, 1.0)
    assert file.find_lines([port, name]) == {port: 7, name: 4}
