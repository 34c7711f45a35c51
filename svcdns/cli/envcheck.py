"""`svcdns env --check`: what each container of the Pods in a file would find in its environment."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from svcdns.cli.table import columns, escape
from svcdns.errors import ManifestError, ObjectError
from svcdns.kube import decode, fields, pod_env, workloads
from svcdns.kube.controlplane import Fault, Place
from svcdns.kube.decode import Subject
from svcdns.kube.pod_env import ContainerEnvironment, Doubt, Own
from svcdns.kube.service_variables import Variable
from svcdns.kube.workloads import Pod
from svcdns.sources.manifests import documents, lines, problems
from svcdns.sources.manifests.lines import Spot
from svcdns.sources.problems import Problem


class Given(NamedTuple):
    """The variables of Services for each container of a Pod, as `all_containers` has them; warnings.

    `webhook` is what the webhook sets for the Pod as a whole, None where it leaves it alone; `unmet`
    are references that the warnings name.
    """

    variables: Sequence[Sequence[Variable]]
    warnings: Sequence[str]
    webhook: str | None = None
    unmet: Set[str] = frozenset()


GivenTo: TypeAlias = Callable[[str, Pod], Given]
"""What a Pod of a namespace is given."""

STDIN = Path("-")
UNKNOWN = "<unknown>"


class Declared(NamedTuple):
    """A Pod, or what makes some; `place` is its file and line."""

    place: str
    subject: Subject
    pod: Pod


class Found(NamedTuple):
    """What makes Pods in a file, and what is wrong with it."""

    pods: tuple[Declared, ...]
    problems: tuple[Problem, ...]


class Report(NamedTuple):
    """What to print, and the warnings beside it."""

    text: str
    warnings: tuple[str, ...]


def find(path: Path, namespace: str) -> Found:
    """The Pods and templates in a file, `-` for standard input; raises ManifestError where there are none.

    `namespace` is that of Pods that name none.
    """
    file = _File(str(path), _read(path))
    parsed = documents.parse(file.data, json=path.suffix == ".json")
    pods: list[tuple[Place, Subject, Pod]] = []
    faults: list[Fault] = []
    for number, document in enumerate(parsed.documents):
        for inside, value in decode.expand(document):
            place, subject = Place(file.name, number, inside), _subject(value, namespace)
            try:
                if pod := _pod(value, subject):
                    pods.append((place, subject, pod))
            except ObjectError as error:
                faults.append(Fault(subject, place, error))
    wrong = [Problem(file.name, line, "", message) for line, message in parsed.broken]
    wrong += problems.describe(faults, {file.name: file})
    if not pods and not wrong:
        raise ManifestError(f"{path}: no Pod in it; wanted is one, or a Deployment, Job or the like")
    at = file.locate((place.document, place.path) for place, _, _ in pods)
    declared = (
        Declared(f"{path}:{at.get((place.document, place.path), 1)}", subject, pod)
        for place, subject, pod in pods
    )
    return Found(tuple(declared), tuple(sorted(wrong, key=lambda problem: problem.line)))


def report(pods: Iterable[Declared], given_to: GivenTo) -> Report:
    """A table for each container."""
    texts: list[str] = []
    warnings: list[str] = []
    for place, subject, pod in pods:
        given = given_to(subject.namespace, pod)
        warnings += (escape(f"{place}: {subject}: {text}") for text in given.warnings)
        if given.webhook:
            texts.append(escape(f"{place}: {subject}, injected by the webhook: {given.webhook}") + "\n")
        for (kind, container), variables in zip(pod.spec.all_containers, given.variables, strict=True):
            title = escape(f"{place}: {subject}, {kind} {container.name}")
            made = pod_env.of_container(container, variables)
            texts.append(f"{title}\n{_table(made)}")
            warnings += (
                f"{title}: {field}: nothing gives {name}, so $({name}) stays as it is"
                for field, name in made.dangling
                if name not in given.unmet
            )
    return Report("\n".join(texts), tuple(dict.fromkeys(warnings)))


class _File(NamedTuple):
    """One that is read already; see `problems.Locator`."""

    name: str
    data: bytes

    def locate(self, spots: Iterable[Spot]) -> dict[Spot, int]:
        return lines.locate(self.data, spots)


def _read(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from None


def _pod(document: Any, subject: Subject) -> Pod | None:
    """Raises ObjectError where the Pod, or the name of its namespace, is wrong."""
    pod = workloads.read(document)
    if pod:
        for error in fields.check("metadata.namespace", subject.namespace, fields.dns_label):
            raise error
    return pod


def _subject(document: Any, namespace: str) -> Subject:
    """As the object calls itself; where it is in no namespace, in this one."""
    if not isinstance(document, dict):
        return Subject("", "", "")
    metadata = document.get("metadata")
    named = isinstance(metadata, dict) and metadata.get("namespace")
    subject = decode.subject_of(document)
    return subject if named else subject._replace(namespace=namespace)


def _table(made: ContainerEnvironment) -> str:
    rows = list(_rows(made))
    if not rows:
        return "No variables.\n"
    return columns([("NAME", "VALUE", "FROM"), *(tuple(map(escape, row)) for row in rows)], gap=3)


def _rows(made: ContainerEnvironment) -> Iterator[tuple[str, str, str]]:
    """The Services' variables, then what the container's own envFrom and env say."""
    for variable, unless in ((one.variable, one.unless) for one in made.injected):
        yield variable.name, variable.value, f"Service {'/'.join(variable.service)}{_unless(unless)}"
    for source in made.sources:
        yield f"{source.prefix or ''}*", UNKNOWN, f"envFrom {source}"
    for own in made.own:
        yield own.written.name, UNKNOWN if own.value is None else own.value, _origin(own)


def _origin(own: Own) -> str:
    text, source = "env", own.written.value_from
    if source and not own.written.value:
        text += f", {source}" + (" if there is one" if source.optional else "")
    if own.kept_out:
        text += f", in place of Service {'/'.join(own.kept_out.service)}'s {own.kept_out.value}"
    return text + _unless(own.unless)


def _unless(doubts: tuple[Doubt, ...]) -> str:
    return ", unless " + " or ".join(f"{source} has {key}" for source, key in doubts) if doubts else ""
