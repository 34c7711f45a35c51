"""From documents to checked objects: kinds, types, Lists."""

from tests.kube.manifests import built_clusters


def test_kinds_of_others_are_passed_over() -> None:
    text = (
        "{apiVersion: serving.knative.dev/v1, kind: Service}\n---\n{apiVersion: apps/v1, kind: Deployment}\n"
    )
    assert built_clusters.errors(text) == []
    assert built_clusters.declared(text) == []
