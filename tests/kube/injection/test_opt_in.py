"""Services by the names that people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.errors import ObjectError
from svcdns.kube.injection import opt_in
from svcdns.kube.objects import Key

NAMES = [("db", ("shop", "db")), ("db.other", ("other", "db")), ("1st.shop", ("shop", "1st"))]


@pytest.mark.parametrize(("text", "key"), NAMES)
def test_names(text: str, key: Key) -> None:
    assert opt_in.parse_reference(text, "shop") == key


MEANT = [
    ("db.shop.svc", "write db.shop"),
    ("db.shop.svc.cluster.local.", "write db.shop"),
    ("db.shop.", "write db.shop"),
    ("shop/db", "write db.shop"),
    ("db cache", "separate names with commas, as db, cache"),
    ("db;cache", "write NAME or NAME.NAMESPACE"),
    ("Db.Shop", "write db.shop"),
    ("../secrets", "write NAME or NAME.NAMESPACE"),
    ("db.shop.example.org", "write NAME or NAME.NAMESPACE"),
    ("", "write NAME or NAME.NAMESPACE"),
]


@pytest.mark.parametrize(("text", "hint"), MEANT)
def test_what_was_meant(text: str, hint: str) -> None:
    with pytest.raises(ObjectError) as raised:
        opt_in.parse_reference(text, "shop")
    assert str(raised.value) == f'"{text}" is not a Service name: {hint}'


@given(st.text(st.sampled_from("aB-./ ,\n"), max_size=12))
def test_any_text_is_a_name_or_none(text: str) -> None:
    for name in opt_in.split_references(text):
        try:
            namespace, service = opt_in.parse_reference(name, "shop")
        except ObjectError as error:
            assert len(str(error)) < 300
        else:
            assert name in (service, f"{service}.{namespace}")


def test_a_list_is_bounded() -> None:
    assert opt_in.split_references(" db, ,auth.other\n,") == ["db", "auth.other"]
    assert len(opt_in.split_references("a," * 1000)) == opt_in.MAX_REFERENCES
