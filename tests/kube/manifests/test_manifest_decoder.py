"""From documents to checked objects: kinds, types, Lists."""

import pytest

from svcdns.kube.manifests import manifest_decoder
from tests.kube.manifests import built_clusters
from tests.kube.manifests.built_clusters import SERVICE


def test_kinds_of_others_are_passed_over() -> None:
    text = (
        "{apiVersion: serving.knative.dev/v1, kind: Service}\n---\n{apiVersion: apps/v1, kind: Deployment}\n"
    )

    assert built_clusters.errors(text) == []
    assert built_clusters.declared(text) == []


@pytest.mark.parametrize(
    ("manifest", "error"),
    [
        ("{apiVersion: v1, kind: Service, spec: {clusterIP: None}}", "metadata: Required value"),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {on: true}}}",
            "metadata.labels[on]: Invalid value: true: ",
        ),
        ("{apiVersion: v1, kind: EndpointSlice, metadata: {name: a}}", 'apiVersion: Unsupported value: "v1"'),
        ("{kind: Service, metadata: {name: a}}", "apiVersion: Required value"),
        ("{name: values, of: a chart}", "kind: Required value"),
        (
            SERVICE % "{clusterIPs: [None], clusterIPs: [None]}",
            "spec.clusterIPs: key 'clusterIPs' already set in map",
        ),
        ("just text", "expected a mapping with apiVersion and kind"),
        ("{apiVersion: v1, kind: List, items: {a: 1}}", "the items of a List are a list"),
        (
            "{apiVersion: v1, kind: Pod, kind: Pod, metadata: {name: a}}",
            "kind: key 'kind' already set in map",
        ),
    ],
)
def test_a_document_that_is_no_object(manifest: str, error: str) -> None:
    errors = built_clusters.errors(manifest)
    assert errors and error in errors[0], errors


POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


def test_items_of_lists_have_their_paths_and_the_kind_of_the_list() -> None:
    pod = {"metadata": {"name": "p"}}
    document = {"kind": "List", "items": [POD, {"kind": "PodList", "apiVersion": "v1", "items": [pod]}]}

    assert [*manifest_decoder.expand_lists(document)] == [
        (("items", 0), POD),
        (("items", 1, "items", 0), POD),
    ]
    assert [*manifest_decoder.expand_lists(POD)] == [((), POD)]


def test_a_kind_that_only_ends_like_a_list_is_an_object() -> None:
    document = {"kind": "AccessList", "apiVersion": "example.org/v1"}

    assert [*manifest_decoder.expand_lists(document)] == [((), document)]
    assert manifest_decoder.decode_document(document) is None


def test_an_object_is_decoded_with_its_defaults() -> None:
    decoded = manifest_decoder.decode_document(POD)

    assert decoded is not None and decoded.object is not None and decoded.errors == ()
    assert decoded.identity == ("Pod", "default", "p")
    assert decoded.object.metadata.namespace == "default"


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"kind": "Service", "metadata": {"name": "db", "namespace": "shop"}}, "Service shop/db"),
        ({"kind": "Namespace", "metadata": {"name": "shop", "namespace": "x"}}, "Namespace shop"),
        ({"kind": "Pod"}, "Pod default/(no name)"),
        ({"metadata": {"name": "db"}}, "Object default/db"),
    ],
)
def test_what_an_object_is_called_in_messages(document: dict[str, object], text: str) -> None:
    assert str(manifest_decoder.identity_of(document)) == text


def test_field_paths() -> None:
    assert manifest_decoder.parse_field_path("spec.ports[1].port") == ("spec", "ports", 1, "port")
    assert manifest_decoder.parse_field_path("metadata.labels[a/b]") == ("metadata", "labels", "a/b")


def test_an_unreadable_value_is_wrong_only_where_it_is_used() -> None:
    unreadable = manifest_decoder.UnreadableValue("not this")
    unused = manifest_decoder.decode_document(POD | {"unused": unreadable})

    assert unused is not None and unused.object is not None

    used = manifest_decoder.decode_document(POD | {"spec": {"hostname": unreadable}})

    assert used is not None

    (error,) = used.errors

    assert str(error) == "spec.hostname: not this"
