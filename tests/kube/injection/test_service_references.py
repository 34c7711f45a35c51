"""Services by the names that people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.errors import ObjectError
from svcdns.kube.injection import service_references

NAMES = [("db", ("shop", "db")), ("db.other", ("other", "db")), ("1st.shop", ("shop", "1st"))]


@pytest.mark.parametrize(("text", "key"), NAMES)
def test_names(text, key):
    assert service_references.parse_reference(text, "shop") == key


MEANT = [
    ("db.shop.svc", "write db.shop"),
    ("db.shop.svc.cluster.local.", "write db.shop"),
    ("db.shop.", "write db.shop"),
    ("shop/db", "write db.shop"),
    ("db cache", "names stand apart, as db, cache"),
    ("db;cache", "wanted is NAME or NAME.NAMESPACE"),
    ("Db.Shop", "write db.shop"),
    ("../secrets", "wanted is NAME or NAME.NAMESPACE"),
    ("db.shop.example.org", "wanted is NAME or NAME.NAMESPACE"),
    ("", "wanted is NAME or NAME.NAMESPACE"),
]


@pytest.mark.parametrize(("text", "meant"), MEANT)
def test_what_was_meant(text, meant):
    with pytest.raises(ObjectError) as raised:
        service_references.parse_reference(text, "shop")
    assert str(raised.value) == f'"{text}" is no name of a Service: {meant}'


@given(st.text(st.sampled_from("aB-./ ,\n"), max_size=12))
def test_any_text_is_a_name_or_none(text):
    for name in service_references.split_references(text):
        try:
            namespace, found = service_references.parse_reference(name, "shop")
        except ObjectError as error:
            assert len(str(error)) < 300
        else:
            assert name in (found, f"{found}.{namespace}")


def test_a_list_is_bounded():
    assert service_references.split_references(" db, ,auth.other\n,") == ["db", "auth.other"]
    assert len(service_references.split_references("a," * 1000)) == service_references.MAX_REFERENCES
