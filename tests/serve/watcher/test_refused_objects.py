"""A change that the store cannot take is kept, and tried again."""

import pytest

from svcdns.dns.wire import names
from svcdns.kube.objects import Change
from svcdns.kube.store import Store
from svcdns.serve.watcher import refused_objects
from svcdns.serve.watcher.refused_objects import RefusedObjects
from tests.serve.watched import OPTIONS
from tests.serve.watcher.test_watcher_faults import web

WEB = ("default", "web")


def test_the_last_change_of_an_object_is_taken_at_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    state = Store()
    refused = RefusedObjects(state)
    assert not refused.take(web("10.96.0.1"), OPTIONS), "it was not refused before"
    with monkeypatch.context() as patched:
        patched.setattr(Store, "apply", None)
        for address in ("10.96.0.2", "10.96.0.3"):
            assert not refused.take(web(address), OPTIONS)
        assert not refused.retry(OPTIONS)
        assert list(refused.errors) == ["Service default/web"]
        assert state.services[WEB].cluster_addresses == ("10.96.0.1",)

    assert refused.retry(OPTIONS)
    assert not refused.errors and not refused.collect_roots(OPTIONS)
    assert state.services[WEB].cluster_addresses == ("10.96.0.3",)
    assert not refused.retry(OPTIONS), "nothing is left"


def test_there_is_news_where_other_names_are_refused() -> None:
    refused = RefusedObjects(Store())
    refused.refuse(web("10.96.0.1"), TypeError("a bug"), OPTIONS)
    assert refused.has_news
    refused.has_news = False
    refused.refuse(web("10.96.0.1"), TypeError("another one"), OPTIONS)
    assert not refused.has_news
    assert refused.errors == {"Service default/web": "TypeError: another one"}
    refused.refuse(web("10.96.0.2"), TypeError("a bug"), OPTIONS)
    assert refused.has_news


def test_a_namespace_that_nothing_else_has_is_refused_too() -> None:
    state = Store()
    refused = RefusedObjects(state)
    refused.refuse(web("10.96.0.1"), TypeError("a bug"), OPTIONS)
    namespace = names.from_text("default.svc.cluster.local.")
    assert namespace in refused.collect_roots(OPTIONS)
    state.apply(web("10.96.0.2", "other"))
    roots = refused.collect_roots(OPTIONS)
    assert namespace not in roots and names.from_text("web.default.svc.cluster.local.") in roots


def test_a_deleted_object_needs_no_namespace() -> None:
    refused = RefusedObjects(Store())
    refused.refuse(Change("Service", WEB, None), TypeError("a bug"), OPTIONS)
    assert names.from_text("default.svc.cluster.local.") not in refused.collect_roots(OPTIONS)


def test_an_error_has_a_bound() -> None:
    assert refused_objects.describe(TypeError("x" * 10_000)) == f"TypeError: {'x' * 289}"
