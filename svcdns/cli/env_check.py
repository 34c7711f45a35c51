"""`svcdns env --check`: what each container of the Pods in a file would find in its environment."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from svcdns.cli.services_table import align_columns, escape_unprintable
from svcdns.errors import ManifestError, ObjectError
from svcdns.kube.injection import container_env, workloads
from svcdns.kube.injection.container_env import ContainerEnv, EnvEntry, PossibleOverride
from svcdns.kube.injection.service_env_vars import ServiceVariable
from svcdns.kube.injection.workloads import PodTemplateSpec
from svcdns.kube.manifests import field_rules, manifest_decoder
from svcdns.kube.manifests.control_plane import ObjectProblem, SourceLocation
from svcdns.kube.manifests.manifest_decoder import ObjectIdentity
from svcdns.sources.file_problems import Problem
from svcdns.sources.manifests import manifest_problems, yaml_documents, yaml_positions
from svcdns.sources.manifests.yaml_positions import YamlPosition


class PodVariables(NamedTuple):
    """The variables of Services for each container of a Pod, as `all_containers` has them; warnings.

    `webhook` is what the webhook sets for the Pod as a whole, None where it leaves it alone; `unmet`
    are references that the warnings name.
    """

    by_container: Sequence[Sequence[ServiceVariable]]
    warnings: Sequence[str]
    webhook_changes: str | None = None
    unmet_references: Set[str] = frozenset()


PodVariablesLookup: TypeAlias = Callable[[str, PodTemplateSpec], PodVariables]
"""What a Pod of a namespace is given."""

STDIN = Path("-")
UNKNOWN_VALUE = "<unknown>"


class PodDeclaration(NamedTuple):
    """A Pod, or what makes some; `place` is its file and line."""

    location: str
    subject: ObjectIdentity
    pod: PodTemplateSpec


class PodFile(NamedTuple):
    """What makes Pods in a file, and what is wrong with it."""

    declarations: tuple[PodDeclaration, ...]
    problems: tuple[Problem, ...]


class CheckReport(NamedTuple):
    """What to print, and the warnings beside it."""

    text: str
    warnings: tuple[str, ...]


def read_pod_file(path: Path, namespace: str) -> PodFile:
    """The Pods and templates in a file, `-` for standard input; raises ManifestError where there are none.

    `namespace` is that of Pods that name none.
    """
    file = _LoadedFile(str(path), _read_file(path))
    parsed = yaml_documents.parse_documents(file.data, is_json=path.suffix == ".json")
    pods: list[tuple[SourceLocation, ObjectIdentity, PodTemplateSpec]] = []
    faults: list[ObjectProblem] = []
    for number, document in enumerate(parsed.documents):
        for inside, value in manifest_decoder.expand_lists(document):
            place, subject = SourceLocation(file.name, number, inside), _subject_in(value, namespace)
            try:
                if pod := _read_pod(value, subject):
                    pods.append((place, subject, pod))
            except ObjectError as error:
                faults.append(ObjectProblem(subject, place, error))
    wrong = [Problem(file.name, line, "", message) for line, message in parsed.syntax_errors]
    wrong += manifest_problems.to_problems(faults, {file.name: file})
    if not pods and not wrong:
        raise ManifestError(f"{path}: no Pod in it; wanted is one, or a Deployment, Job or the like")
    at = file.find_lines((place.document, place.object_path) for place, _, _ in pods)
    declared = (
        PodDeclaration(f"{path}:{at.get((place.document, place.object_path), 1)}", subject, pod)
        for place, subject, pod in pods
    )
    return PodFile(tuple(declared), tuple(sorted(wrong, key=lambda problem: problem.line)))


def render_report(declarations: Iterable[PodDeclaration], variables_of: PodVariablesLookup) -> CheckReport:
    """A table for each container."""
    texts: list[str] = []
    warnings: list[str] = []
    for place, subject, pod in declarations:
        given = variables_of(subject.namespace, pod)
        warnings += (escape_unprintable(f"{place}: {subject}: {text}") for text in given.warnings)
        if given.webhook_changes:
            texts.append(
                escape_unprintable(f"{place}: {subject}, injected by the webhook: {given.webhook_changes}")
                + "\n"
            )
        for (kind, container), variables in zip(pod.spec.all_containers, given.by_container, strict=True):
            title = escape_unprintable(f"{place}: {subject}, {kind} {container.name}")
            made = container_env.build_container_env(container, variables)
            texts.append(f"{title}\n{_table(made)}")
            warnings += (
                f"{title}: {field}: nothing gives {name}, so $({name}) stays as it is"
                for field, name in made.unresolved_references
                if name not in given.unmet_references
            )
    return CheckReport("\n".join(texts), tuple(dict.fromkeys(warnings)))


class _LoadedFile(NamedTuple):
    """One that is read already; see `problems.Locator`."""

    name: str
    data: bytes

    def find_lines(self, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
        return yaml_positions.find_lines(self.data, positions)


def _read_file(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from None


def _read_pod(document: Any, subject: ObjectIdentity) -> PodTemplateSpec | None:
    """Raises ObjectError where the Pod, or the name of its namespace, is wrong."""
    pod = workloads.read_pod_template(document)
    if pod:
        for error in field_rules.run_checks(
            "metadata.namespace", subject.namespace, field_rules.check_dns_label
        ):
            raise error
    return pod


def _subject_in(document: Any, namespace: str) -> ObjectIdentity:
    """As the object calls itself; where it is in no namespace, in this one."""
    if not isinstance(document, dict):
        return ObjectIdentity("", "", "")
    metadata = document.get("metadata")
    named = isinstance(metadata, dict) and metadata.get("namespace")
    subject = manifest_decoder.identity_of(document)
    return subject if named else subject._replace(namespace=namespace)


def _table(environment: ContainerEnv) -> str:
    rows = list(_rows(environment))
    if not rows:
        return "No variables.\n"
    return align_columns(
        [("NAME", "VALUE", "FROM"), *(tuple(map(escape_unprintable, row)) for row in rows)], gap=3
    )


def _rows(environment: ContainerEnv) -> Iterator[tuple[str, str, str]]:
    """The Services' variables, then what the container's own envFrom and env say."""
    for variable, unless in ((one.variable, one.possible_overrides) for one in environment.service_entries):
        yield variable.name, variable.value, f"Service {'/'.join(variable.service)}{_doubts_text(unless)}"
    for source in environment.env_from_sources:
        yield f"{source.prefix or ''}*", UNKNOWN_VALUE, f"envFrom {source}"
    for own in environment.env_entries:
        yield own.env_var.name, UNKNOWN_VALUE if own.value is None else own.value, _origin_text(own)


def _origin_text(variable: EnvEntry) -> str:
    text, source = "env", variable.env_var.value_from
    if source and not variable.env_var.value:
        text += f", {source}" + (" if there is one" if source.is_optional else "")
    if variable.overridden:
        text += f", in place of Service {'/'.join(variable.overridden.service)}'s {variable.overridden.value}"
    return text + _doubts_text(variable.possible_overrides)


def _doubts_text(doubts: tuple[PossibleOverride, ...]) -> str:
    return ", unless " + " or ".join(f"{source} has {key}" for source, key in doubts) if doubts else ""
