"""`svcdns env --check`: what each container of the Pods in a file would find in its environment.

`read_pod_file` finds the Pods of a file, `env` looks up the variables of Services for each, and
`render_report` puts these beside the container's own `env` and `envFrom`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from svcdns import printable_text
from svcdns.cli.text_table import align_columns
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
    """The variables of Services that a Pod gets."""

    by_container: Sequence[Sequence[ServiceVariable]]
    """The variables of each container, in the order of `PodSpec.all_containers`."""
    warnings: Sequence[str]
    webhook_changes: str | None = None
    """What the webhook sets for the Pod as a whole; None if it leaves the Pod alone."""
    unmet_references: Set[str] = frozenset()
    """Names of variables that a `$(NAME)` refers to in vain, which `warnings` already has."""


PodVariablesLookup: TypeAlias = Callable[[str, PodTemplateSpec], PodVariables]
"""The variables of a Pod, by its namespace and template."""

STDIN = Path("-")
"""The file name that means standard input."""

UNKNOWN_VALUE = "<unknown>"
"""The value of a variable from a ConfigMap, a Secret or a field of the Pod, none of which is read."""


class PodDeclaration(NamedTuple):
    """A Pod, or an object that makes Pods; `location` is its `FILE:LINE`."""

    location: str
    subject: ObjectIdentity
    pod: PodTemplateSpec


class PodFile(NamedTuple):
    """The Pods and templates of a file, and its mistakes by line."""

    declarations: tuple[PodDeclaration, ...]
    problems: tuple[Problem, ...]


class CheckReport(NamedTuple):
    """The text for standard output, and the warnings for standard error."""

    text: str
    warnings: tuple[str, ...]


def read_pod_file(path: Path, namespace: str) -> PodFile:
    """The Pods and templates in a file, or of standard input for `-`.

    Pods without a namespace are in `namespace`. Raises ManifestError if the file cannot be read, or has
    neither a Pod nor a mistake.
    """
    file = _LoadedFile(str(path), _read_file(path))
    parsed = yaml_documents.parse_documents(file.data, is_json=path.suffix == ".json")
    pods: list[tuple[SourceLocation, ObjectIdentity, PodTemplateSpec]] = []
    faults: list[ObjectProblem] = []

    for number, document in enumerate(parsed.documents):
        for inside, value in manifest_decoder.expand_lists(document):
            place = SourceLocation(file.name, number, inside)
            subject = _subject_in(value, namespace)
            try:
                if pod := _read_pod(value, subject):
                    pods.append((place, subject, pod))
            except ObjectError as error:
                faults.append(ObjectProblem(subject, place, error))

    problems = [Problem(file.name, line, "", message) for line, message in parsed.syntax_errors]
    problems += manifest_problems.to_problems(faults, {file.name: file})
    # A file whose only Pod is broken has a problem, which says more.
    if not pods and not problems:
        raise ManifestError(f"{path}: no Pod in it: the file needs a Pod, a Deployment, a Job or the like")

    # Lines take a second reading of the file, so all of them are looked up together.
    lines = file.find_lines((place.document, place.object_path) for place, _, _ in pods)
    declarations = []
    for place, subject, pod in pods:
        line = lines.get((place.document, place.object_path), 1)
        declarations.append(PodDeclaration(f"{path}:{line}", subject, pod))

    return PodFile(tuple(declarations), tuple(sorted(problems, key=lambda problem: problem.line)))


def render_report(declarations: Iterable[PodDeclaration], variables_of: PodVariablesLookup) -> CheckReport:
    """A table for each container, with a blank line between; a warning that comes again is left out."""
    texts: list[str] = []
    warnings: list[str] = []

    for location, subject, pod in declarations:
        pod_title = printable_text.escape(f"{location}: {subject}")
        pod_variables = variables_of(subject.namespace, pod)
        warnings += (f"{pod_title}: {printable_text.escape(text)}" for text in pod_variables.warnings)
        if pod_variables.webhook_changes:
            changes = printable_text.escape(pod_variables.webhook_changes)
            texts.append(f"{pod_title}, injected by the webhook: {changes}\n")

        # `strict`: both lists are of all containers, in the same order.
        containers = zip(pod.spec.all_containers, pod_variables.by_container, strict=True)
        for (kind, container), variables in containers:
            title = printable_text.escape(f"{location}: {subject}, {kind} {container.name}")
            environment = container_env.build_container_env(container, variables)
            texts.append(f"{title}\n{_table(environment)}")

            # The webhook's own warning says more: it knows what the name would have been.
            for field, name in environment.unresolved_references:
                if name not in pod_variables.unmet_references:
                    warnings.append(f"{title}: {field}: nothing sets {name}, so $({name}) stays as it is")

    return CheckReport("\n".join(texts), tuple(dict.fromkeys(warnings)))


class _LoadedFile(NamedTuple):
    """A file that was read already: standard input can be read only once."""

    name: str
    data: bytes

    def find_lines(self, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
        """The line of each position, from 1."""
        return yaml_positions.find_lines(self.data, positions)


def _read_file(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from None


def _read_pod(document: Any, subject: ObjectIdentity) -> PodTemplateSpec | None:
    """The template in a document; None if it makes no Pods.

    Raises ObjectError if the Pod, or the name of its namespace, is wrong.
    """
    pod = workloads.read_pod_template(document)
    if pod:
        for error in field_rules.run_checks(
            "metadata.namespace", subject.namespace, field_rules.check_dns_label
        ):
            raise error
    return pod


def _subject_in(document: Any, namespace: str) -> ObjectIdentity:
    """The object's own kind and name; in `namespace` if it names none."""
    if not isinstance(document, dict):
        return ObjectIdentity("", "", "")

    metadata = document.get("metadata")
    has_namespace = isinstance(metadata, dict) and metadata.get("namespace")
    subject = manifest_decoder.identity_of(document)
    return subject if has_namespace else subject._replace(namespace=namespace)


def _table(environment: ContainerEnv) -> str:
    rows = [tuple(map(printable_text.escape, row)) for row in _rows(environment)]
    if not rows:
        return "No variables.\n"
    return align_columns([("NAME", "VALUE", "FROM"), *rows], gap=3)


def _rows(environment: ContainerEnv) -> Iterator[tuple[str, str, str]]:
    """The Services' variables, then what the container's own envFrom and env say."""
    for service_entry in environment.service_entries:
        variable = service_entry.variable
        origin = f"Service {'/'.join(variable.service)}{_doubts_text(service_entry.possible_overrides)}"
        yield variable.name, variable.value, origin

    for source in environment.env_from_sources:
        yield f"{source.prefix or ''}*", UNKNOWN_VALUE, f"envFrom {source}"

    for env_entry in environment.env_entries:
        value = UNKNOWN_VALUE if env_entry.value is None else env_entry.value
        yield env_entry.env_var.name, value, _origin_text(env_entry)


def _origin_text(variable: EnvEntry) -> str:
    """The FROM column of a variable of the container's own."""
    text = "env"
    source = variable.env_var.value_from
    if source and not variable.env_var.value:  # a value that is set comes before `valueFrom`
        text += f", {source}" + (" if there is one" if source.is_optional else "")

    if variable.overridden:
        service = "/".join(variable.overridden.service)
        text += f", in place of Service {service}'s {variable.overridden.value}"
    return text + _doubts_text(variable.possible_overrides)


def _doubts_text(doubts: tuple[PossibleOverride, ...]) -> str:
    """Sources that may have a variable of this name, and then come first; they are not read."""
    return ", unless " + " or ".join(f"{source} has {key}" for source, key in doubts) if doubts else ""
